package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Ioffe and Szegedy 2015, arXiv:1502.03167: normalises each channel of [N, C, H, W], in training by the batch's mean and biased
 * variance, in evaluation by their running averages. Parameters: {@code weight}, {@code bias} [C]; buffers: {@code running_mean},
 * {@code running_var} [C] (of the unbiased variance), {@code num_batches_tracked} [] int64.
 */
public final class BatchNorm2d extends Module {
    /**
     * @param eps added to the variance
     * @param momentum weight of the newest batch in the running averages; null for the plain mean of all batches
     * @param affine whether there are weight and bias
     * @param trackRunningStats whether there are running averages; without them evaluation uses the batch's, too
     */
    public record Options(long channels, double eps, @Nullable Double momentum, boolean affine, boolean trackRunningStats) {}

    private final Options options;
    private final @Nullable Tensor weight, bias, runningMean, runningVar, batches;

    public BatchNorm2d(long channels) { this(new Options(channels, 1e-5, 0.1, true, true)); }

    public BatchNorm2d(Options o) {
        options = o;
        weight = o.affine ? parameter("weight", Torch.ones(DType.FLOAT32, o.channels)) : null;
        bias = o.affine ? parameter("bias", Torch.zeros(DType.FLOAT32, o.channels)) : null;
        runningMean = o.trackRunningStats ? buffer("running_mean", Torch.zeros(DType.FLOAT32, o.channels)) : null;
        runningVar = o.trackRunningStats ? buffer("running_var", Torch.ones(DType.FLOAT32, o.channels)) : null;
        batches = o.trackRunningStats ? buffer("num_batches_tracked", Aten.zeros(new long[0], DType.INT64)) : null;
    }

    @Override public Tensor forward(Tensor input) {
        if (input.dim() != 4) throw new IllegalArgumentException("BatchNorm2d takes [N, C, H, W], not " + input.describe());
        return Aten.batchNorm(input, weight, bias, runningMean, runningVar, isTraining() || runningMean == null, newestWeight(), options.eps, true);
    }

    private double newestWeight() {
        if (!isTraining() || batches == null) return options.momentum == null ? 0 : options.momentum;
        try (var noGrad = NoGrad.enter()) {
            batches.add_(1);
        }
        return options.momentum != null ? options.momentum : 1.0 / batches.itemLong();
    }

    @Override protected String describe() {
        return options.channels + ", eps=" + options.eps + ", momentum=" + options.momentum + ", affine=" + (options.affine ? "True" : "False")
                + ", track_running_stats=" + (options.trackRunningStats ? "True" : "False");
    }
}
