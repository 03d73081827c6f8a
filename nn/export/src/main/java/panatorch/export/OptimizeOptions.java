package panatorch.export;

/**
 * What {@link ExportedProgram#optimize} does.
 *
 * @param constants computes what depends on weights alone once, and removes calls that do nothing in evaluation
 * @param batchNorms folds batch normalisations into the convolutions before them
 * @param convolutions has convolutions done by oneDNN with prepared weights, with the ReLU or sum after them, on channels-last images
 * @param linears has linear layers of a single row done as products with a vector, and others by oneDNN with prepared weights, with the
 * ReLU, GELU or tanh after them
 * @param smallestLinear number of weights from which on a linear layer is one of these. A call of oneDNN takes about 25 µs more, which only
 * larger layers gain back
 */
public record OptimizeOptions(boolean constants, boolean batchNorms, boolean convolutions, boolean linears, long smallestLinear) {
    private static final long SMALLEST_LINEAR = 1 << 17;

    /** Returns the options that do everything. */
    public static OptimizeOptions all() {
        return new OptimizeOptions(true, true, true, true, SMALLEST_LINEAR);
    }
}
