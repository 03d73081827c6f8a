package panatorch.distributions;

import panatorch.Tensor;

/**
 * A distribution whose last batch dimensions count as dimensions of the event: {@code Independent.of(Normal.of(mean, deviation), 1)} with
 * means [N, D] is a batch [N] of normal distributions of vectors [D] with a diagonal covariance.
 */
public final class Independent extends Distribution {
    private final Distribution base;
    private final int dims;

    private Independent(Distribution base, int dims) {
        long[] batch = base.batchShape();
        if (dims < 0 || dims > batch.length)
            throw new IllegalArgumentException("reinterpretedBatchNdims has to be from 0 to " + batch.length
                    + ", the number of batch dimensions of " + base + ", not " + dims);
        super(Shapes.dropLast(batch, dims), Shapes.concat(Shapes.last(batch, dims), base.eventShape()));
        this.base = base;
        this.dims = dims;
    }

    /**
     * Returns {@code base} with its last batch dimensions as dimensions of the event.
     *
     * @param reinterpretedBatchNdims number of these dimensions
     */
    public static Independent of(Distribution base, int reinterpretedBatchNdims) {
        return new Independent(base, reinterpretedBatchNdims);
    }

    /** Returns the distribution of the elements of an event. */
    public Distribution base() { return base; }

    /** Returns the number of batch dimensions that count as dimensions of the event. */
    public int reinterpretedBatchNdims() {
        return dims;
    }

    @Override public Constraint support() { return dims == 0 ? base.support() : Constraints.independent(base.support(), dims); }

    @Override public Independent expand(long... batchShape) {
        return derive(() -> new Independent(base.expand(Shapes.concat(batchShape, Shapes.last(base.batchShape(), dims))), dims));
    }

    @Override public boolean hasRsample() { return base.hasRsample(); }

    @Override public boolean hasEnumerateSupport() { return dims == 0 && base.hasEnumerateSupport(); }

    @Override protected Tensor drawSample(long[] sampleShape) { return base.drawSample(sampleShape); }

    @Override protected Tensor drawRsample(long[] sampleShape) { return base.drawRsample(sampleShape); }

    @Override protected Draw drawWithLogProb(long[] sampleShape) {
        Draw draw = base.drawWithLogProb(sampleShape);
        return new Draw(draw.value(), Shapes.sumRightmost(draw.logProb(), dims));
    }

    @Override protected Tensor computeLogProb(Tensor value) { return Shapes.sumRightmost(base.computeLogProb(value), dims); }

    @Override protected Tensor computeEntropy() { return Shapes.sumRightmost(base.computeEntropy(), dims); }

    @Override protected Tensor computeMean() { return base.computeMean(); }

    @Override protected Tensor computeMode() { return base.computeMode(); }

    @Override protected Tensor computeVariance() { return base.computeVariance(); }

    @Override protected Tensor computeStddev() { return base.computeStddev(); }

    @Override protected Tensor computeSupport() {
        if (dims > 0) throw missing("enumerateSupport over the product of " + dims + " dimensions");
        return base.computeSupport();
    }
}
