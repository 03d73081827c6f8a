package panatorch.metrics;

import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The peak signal-to-noise ratio of images, {@code 10·log₁₀(R²/MSE)} in decibels, where R is the range of the data and the mean squared
 * error is that of all pixels of all images. For use by one thread at a time.
 */
public final class PeakSignalNoiseRatio extends SumMetric {
    private final double dataRange;

    /**
     * Creates a metric.
     *
     * @param dataRange difference between the largest and the smallest possible value: 1 for images in [0, 1], 255 for bytes
     */
    public PeakSignalNoiseRatio(double dataRange) {
        if (!(dataRange > 0)) throw new IllegalArgumentException("the range of the data has to be positive, not " + dataRange);
        this.dataRange = dataRange;
    }

    @Override Object settings() { return "dataRange " + dataRange; }

    /**
     * Adds a batch.
     *
     * @param predictions images [N, …], of any type
     * @param targets images of the same shape
     */
    public void update(Tensor predictions, Tensor targets) {
        Inputs.pairs(predictions, targets);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = predictions.to(DType.FLOAT64), squares = x.sub(targets.to(x)).square().sum();
            add(Aten.stack(squares, squares.zerosLike().add(x.numel())));
        }
    }

    /** Returns the ratio in decibels; infinite if all images are equal to their targets. */
    public double decibels() {
        double[] s = sums().toDoubleArray();
        return 10 * Math.log10(dataRange * dataRange * s[1] / s[0]);
    }
}
