package panatorch.nn;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167): normalises each channel, in training by the batch's mean and biased
 * variance, in evaluation by their running averages. Parameters: {@code weight}, {@code bias} [C]. Buffers: {@code running_mean},
 * {@code running_var} [C] (of the unbiased variance), {@code num_batches_tracked} [] int64.
 *
 * <pre>{@code
 * var norm = new BatchNorm2d(BatchNorm2d.options(64).momentum(0.01));
 * Tensor y = norm.forward(Torch.randn(8, 64, 32, 32));            // of the same shape
 * }</pre>
 *
 * <p>
 * {@link SyncBatchNorm} makes it use the batches of all ranks.
 */
public abstract sealed class BatchNorm extends Module permits BatchNorm1d, BatchNorm2d, BatchNorm3d {
    static final Set<String> UNCOUNTED = Set.of("num_batches_tracked");

    final NormOptions options;
    private @Nullable ProcessGroup group;

    BatchNorm(NormOptions o) {
        options = o;
        register(this, o);
    }

    static void register(Module m, NormOptions o) {
        long c = o.channels();
        m.parameter("weight", o.affine() ? Torch.ones(c) : null);
        m.parameter("bias", o.affine() && o.bias() ? Torch.zeros(c) : null);
        m.buffer("running_mean", o.trackRunningStats() ? Torch.zeros(c) : null);
        m.buffer("running_var", o.trackRunningStats() ? Torch.ones(c) : null);
        m.buffer("num_batches_tracked", o.trackRunningStats() ? Torch.zeros(DType.INT64) : null);
    }

    /** Returns the number that is added to the variance. */
    public final double eps() { return options.eps(); }

    /** Returns the parameter {@code weight} [C], or null without {@code affine}. It stays the module's. */
    public final @Nullable Tensor weight() {
        return parameterOrNull("weight");
    }

    /** Returns the parameter {@code bias} [C], or null if there is none. It stays the module's. */
    public final @Nullable Tensor bias() {
        return parameterOrNull("bias");
    }

    /** Returns the buffer {@code running_mean} [C], or null if none is tracked. It stays the module's. */
    public final @Nullable Tensor runningMean() {
        return bufferOrNull("running_mean");
    }

    /** Returns the buffer {@code running_var} [C], or null if none is tracked. It stays the module's. */
    public final @Nullable Tensor runningVar() {
        return bufferOrNull("running_var");
    }

    /**
     * Normalises the input.
     *
     * @throws IllegalArgumentException if the input has a wrong number of dimensions or, in training, only one value a channel
     */
    @Override public final Tensor forward(Tensor input) {
        long dims = input.dim();
        if (!takes(dims)) throw new IllegalArgumentException(name() + " takes " + shapes() + ", not " + input.describe());
        ProcessGroup ranks = group;
        if (isTraining() && ranks != null) return SyncBatchNorm.normalize(this, ranks, input, newestWeight());
        Tensor mean = bufferOrNull("running_mean");
        if (isTraining() || mean == null) Sizes.moreThanOne(input.numel() / Math.max(1, input.size(1)), "value per channel", input);
        return Aten.batchNorm(input, parameterOrNull("weight"), parameterOrNull("bias"), mean, bufferOrNull("running_var"),
                isTraining() || mean == null, newestWeight(), options.eps(), true);
    }

    /** Lets training use the statistics of all ranks of a group. */
    final void synchronize(ProcessGroup ranks) { group = ranks; }

    abstract boolean takes(long dims);

    abstract String shapes();

    private double newestWeight() {
        Tensor batches = bufferOrNull("num_batches_tracked");
        Double momentum = options.momentum();
        if (!isTraining() || batches == null) return momentum == null ? 0 : momentum;
        try (var noGrad = NoGrad.enter()) {
            batches.add_(1);
        }
        return momentum != null ? momentum : 1.0 / batches.itemLong();
    }

    /** PyTorch before 0.4.1 did not count batches. */
    @Override final Set<String> optionalKeys() { return BatchNorm.UNCOUNTED; }

    @Override protected String describe() { return options.describe(parameterOrNull("bias") != null); }
}
