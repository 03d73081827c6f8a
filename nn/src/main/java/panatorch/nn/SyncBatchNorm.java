package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Function;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.Collectives;
import panatorch.distributed.DistributedException;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ReduceOp;

/**
 * Batch normalisation by the statistics of all ranks' examples: {@code torch.nn.SyncBatchNorm}, on the CPU. In training, two ranks with 64
 * examples each normalise as one process with 128 does, and get its gradients and running averages. Ranks may have different numbers of
 * examples.
 *
 * <pre>{@code
 * SyncBatchNorm.convert(model, group);
 * var parallel = DataParallel.of(model, group);
 * }</pre>
 *
 * <p>
 * All ranks must run the same layers in the same order, in the forward and in the backward pass, as each layer is one collective there.
 * Statistics are combined in float64. Second derivatives are refused.
 */
public final class SyncBatchNorm {
    private SyncBatchNorm() {}

    /**
     * Lets each {@link BatchNorm} inside a module, or the module itself, normalise by the statistics of all ranks. Modules, parameters and
     * names stay the same. Evaluation is not affected. A {@linkplain Module#copyOf copy} of the module normalises by its own statistics.
     *
     * @param group group that must stay open while the module is trained
     * @return the module
     */
    public static <M extends Module> M convert(M module, ProcessGroup group) {
        for (Module m : module.modules()) if (m instanceof BatchNorm norm) norm.synchronize(group);
        return module;
    }

    /**
     * Normalises a batch, and updates the running averages.
     *
     * @param input tensor [N, C, …]; N may be 0 if another rank has examples
     * @param newest weight of this batch in the running averages
     * @throws IllegalArgumentException on every rank if all ranks together have only one value a channel
     * @throws DistributedException if a rank is missing or runs another layer
     */
    static Tensor normalize(BatchNorm norm, ProcessGroup group, Tensor input, double newest) {
        Tensor weight = norm.parameterOrNull("weight"), bias = norm.parameterOrNull("bias");
        var pass = new Normalization(group, norm, newest);
        // A constant stands for an absent parameter.
        return pass.apply(input, weight != null ? weight : Aten.ones(new long[] {input.size(1)}, pass.wide(input)),
                bias != null ? bias : Aten.zeros(new long[] {input.size(1)}, pass.wide(input)));
    }

    private static final class Normalization extends Function {
        private final ProcessGroup group;
        private final BatchNorm norm;
        private final double newest;

        Normalization(ProcessGroup group, BatchNorm norm, double newest) {
            this.group = group;
            this.norm = norm;
            this.newest = newest;
        }

        /** The type in which the layer computes. */
        DType wide(Tensor x) {
            return x.dtype() == DType.FLOAT16 || x.dtype() == DType.BFLOAT16 ? DType.FLOAT32 : x.dtype();
        }

        private static long[] allButChannels(Tensor x) {
            return LongStream.range(0, x.dim()).filter(i -> i != 1).toArray();
        }

        private static Tensor perChannel(Tensor values, Tensor x) {
            long[] shape = new long[Math.toIntExact(x.dim())];
            Arrays.fill(shape, 1);
            shape[1] = values.numel();
            return values.view(shape);
        }

        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor x = inputs.getFirst().to(wide(inputs.getFirst())), weight = inputs.get(1), bias = inputs.get(2);
            long channels = x.size(1), count = x.numel() / Math.max(1, channels);
            long[] dims = allButChannels(x);
            Tensor sum = x.sum(dims, false), own = sum.div(Math.max(1, count));
            Tensor deviations = x.sub(perChannel(own, x)).square().sum(dims, false); // a sum of squares alone would cancel
            Tensor counted = Torch.tensor(new double[] {count}).to(x.device());
            Tensor row = Aten.cat(List.of(sum.to(DType.FLOAT64), deviations.to(DType.FLOAT64), counted));
            Tensor rows = Collectives.allGather(group, row.unsqueeze(0)); // [ranks, 2C + 1]
            Tensor sums = rows.narrow(1, 0, channels), counts = rows.narrow(1, 2 * channels, 1);
            double total = counts.sum().itemDouble();
            if (total <= 1)
                throw new IllegalArgumentException("training needs more than one value per channel; all ranks together have "
                        + (long) total);
            Tensor mean = sums.sum(new long[] {0}, false).div(total);
            Tensor between = sums.div(counts.clampMin(1)).sub(mean).square().mul(counts);
            Tensor var = rows.narrow(1, channels, channels).add(between).sum(new long[] {0}, false).div(total);
            average(norm.bufferOrNull("running_mean"), mean);
            average(norm.bufferOrNull("running_var"), var.mul(total / (total - 1)));
            Tensor inverse = var.add(norm.options.eps()).rsqrt().to(x.dtype()), center = mean.to(x.dtype());
            Tensor scale = inverse.mul(weight.to(x.dtype()));
            Tensor y = x.sub(perChannel(center, x)).mul_(perChannel(scale, x)).add_(perChannel(bias.to(x.dtype()), x));
            context.save(inputs.getFirst(), weight, center, inverse, counts.sum());
            return List.of(y.to(inputs.getFirst().dtype()));
        }

        private void average(@Nullable Tensor running, Tensor batch) {
            if (running != null) running.lerp_(batch.to(running.dtype()), newest);
        }

        @Override protected List<? extends @Nullable Tensor> backward(Context context, List<Tensor> gradients) {
            if (NoGrad.isGradEnabled())
                throw new UnsupportedOperationException("synchronised batch normalisation has no second derivatives");
            List<Tensor> saved = context.saved();
            Tensor input = saved.getFirst(), weight = saved.get(1), inverse = saved.get(3);
            Tensor x = input.to(wide(input)), g = gradients.getFirst().to(x.dtype());
            long channels = x.size(1);
            long[] dims = allButChannels(x);
            Tensor centered = x.sub(perChannel(saved.get(2), x));
            Tensor sums = Aten.cat(List.of(g.sum(dims, false), g.mul(centered).sum(dims, false)));
            Tensor means = Collectives.allReduce(group, ReduceOp.SUM, sums).div(saved.get(4).to(x.dtype()));
            Tensor slope = means.narrow(0, channels, channels).mul(inverse.square());
            Tensor dx = g.sub(perChannel(means.narrow(0, 0, channels), x)).sub_(centered.mul_(perChannel(slope, x)))
                    .mul_(perChannel(inverse.mul(weight.to(x.dtype())), x));
            return List.of(dx.to(input.dtype()), sums.narrow(0, channels, channels).mul(inverse).to(weight.dtype()),
                    sums.narrow(0, 0, channels).to(weight.dtype()));
        }
    }
}
