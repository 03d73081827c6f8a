package panatorch.export;

/**
 * What {@link ExportedProgram#optimize} does.
 *
 * @param constants computes what depends on weights alone once, and removes calls that do nothing in evaluation
 * @param batchNorms folds batch normalisations, and products with a weight for each channel, into the layers before them
 * @param convolutions has convolutions done by oneDNN with prepared weights, with the activation or sum after them, on channels-last images
 * @param linears has linear layers of one input done together, those of a single row as products with a vector, and others by oneDNN with
 * prepared weights, with the activation or sum after them
 * @param attention has attention that the model writes out done by {@code scaled_dot_product_attention}
 * @param bfloat16 has convolutions and linear layers, and what lies between them, done in bfloat16. Results then have 2 to 3 correct
 * digits. It is faster only on processors with instructions for it (AVX512-BF16, AMX)
 * @param smallestLinear number of weights from which on a linear layer is done by oneDNN, whatever its number of rows. A call of it takes
 * about 25 µs more, which only larger layers gain back
 */
public record OptimizeOptions(boolean constants, boolean batchNorms, boolean convolutions, boolean linears, boolean attention,
        boolean bfloat16, long smallestLinear) {
    private static final long SMALLEST_LINEAR = 1 << 17;

    /** Returns the options that do everything that keeps the numbers: all but bfloat16. */
    public static OptimizeOptions all() {
        return new OptimizeOptions(true, true, true, true, true, false, SMALLEST_LINEAR);
    }

    /** Returns these options with bfloat16. */
    public OptimizeOptions inBfloat16() {
        return new OptimizeOptions(constants, batchNorms, convolutions, linears, attention, true, smallestLinear);
    }
}
