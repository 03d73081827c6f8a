package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.BatchNorm;
import panatorch.nn.Hooks;
import panatorch.nn.Module;

/**
 * Averages a model's weights over training into another model with the same structure: {@code a ← a + (w − a)·weight(n)} after n updates.
 * The first update copies. Buffers are copied, or averaged too. Evaluate and save the other model.
 *
 * <pre>
 * var ema = AveragedModel.ema(Module.copyOf(model), 0.999);
 * </pre>
 *
 * <p>
 * Owns nothing: both models are the caller's. For use by one thread.
 */
public final class AveragedModel {
    private final Module averaged;
    private final DoubleUnaryOperator weight;
    private final boolean useBuffers;
    private long updates;

    /**
     * Averages by the plain mean of all updates, for stochastic weight averaging (Izmailov et al., 2018, arXiv:1803.05407).
     *
     * @param averaged model with the same structure, in any state
     */
    public static AveragedModel swa(Module averaged) { return new AveragedModel(averaged, n -> 1 / (n + 1), false); }

    /** Averages by an exponential moving average, {@code a ← decay·a + (1 − decay)·w}. */
    public static AveragedModel ema(Module averaged, double decay) {
        if (!(decay >= 0 && decay <= 1)) throw new IllegalArgumentException("the decay has to be between 0 and 1, not " + decay);
        return new AveragedModel(averaged, n -> 1 - decay, false);
    }

    /**
     * Averages by any weights.
     *
     * @param averaged model with the same structure, in any state
     * @param weight function from the number of earlier updates to the weight of the newest weights
     * @param useBuffers whether buffers are averaged instead of copied
     */
    public AveragedModel(Module averaged, DoubleUnaryOperator weight, boolean useBuffers) {
        this.averaged = averaged;
        this.weight = weight;
        this.useBuffers = useBuffers;
    }

    public Module module() { return averaged; }

    /** Returns the number of updates so far, Python's {@code n_averaged}. */
    public long updates() { return updates; }

    /** Continues after a number of updates, once the averaged model has been loaded. */
    public void setUpdates(long updates) {
        this.updates = updates;
    }

    /**
     * Adds the model's weights to the average.
     *
     * @throws IllegalArgumentException if the model has another structure
     */
    public void update(Module model) {
        if (updates == 0) averaged.loadStateDict(model.stateDict()); // also creates buffers that the model created at first use
        List<Tensor> averages = averaged.parameters(), weights = model.parameters();
        List<Tensor> buffers = new ArrayList<>(averaged.namedBuffers().values()), newest = new ArrayList<>(model.namedBuffers().values());
        if (averages.size() != weights.size() || buffers.size() != newest.size())
            throw new IllegalArgumentException("the models have different structures");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            if (updates > 0) average(averages, weights, weight.applyAsDouble(updates));
            if (updates > 0 && useBuffers) average(buffers, newest, weight.applyAsDouble(updates));
            else if (!buffers.isEmpty()) Aten._foreachCopy_(buffers, newest);
        }
        updates++;
    }

    private static void average(List<Tensor> averages, List<Tensor> newest, double w) {
        var means = new ArrayList<Tensor>();
        var values = new ArrayList<Tensor>();
        for (int i = 0; i < averages.size(); i++) {
            Tensor a = averages.get(i), b = newest.get(i).to(a.device());
            if (a.dtype().isFloatingPoint() || a.dtype().isComplex()) {
                means.add(a);
                values.add(b);
            } else {
                a.copy_(a.mul(1 - w).add(b.mul(w))); // counts are rounded down, as in Python
            }
        }
        if (!means.isEmpty()) Aten._foreachLerp_(means, values, w);
    }

    /**
     * Recomputes the running statistics of all batch normalisations as the plain means over {@code batches}. Averaged weights need it,
     * because their statistics differ from those of the weights that were averaged. The model is in training mode meanwhile, without
     * gradients.
     */
    public static void updateBn(Module model, Iterable<Tensor> batches) {
        boolean training = model.isTraining();
        var statistics = new ArrayList<Statistics>();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Module m : model.modules())
                if (m instanceof BatchNorm norm && norm.bufferOrNull("running_mean") != null) statistics.add(new Statistics(norm));
            if (statistics.isEmpty()) return;
            model.train();
            for (Tensor batch : batches) {
                try (var step = Scope.open()) {
                    model.call(batch);
                }
            }
            statistics.forEach(Statistics::write);
        } finally {
            statistics.forEach(s -> s.hook.close());
            model.train(training);
        }
    }

    /** Sums over the inputs of a batch normalisation. */
    private static final class Statistics {
        final BatchNorm norm;
        final Tensor mean, variance;
        final Hooks.Handle hook;
        long batches;

        Statistics(BatchNorm norm) {
            this.norm = norm;
            mean = norm.buffer("running_mean").zerosLike();
            variance = norm.buffer("running_var").zerosLike();
            hook = norm.hooks().beforeForward((m, inputs) -> {
                add(inputs.getFirst());
                return null;
            });
        }

        private void add(Tensor x) {
            long[] others = LongStream.range(0, x.dim()).filter(d -> d != 1).toArray();
            Tensor full = x.to(mean.dtype());
            mean.add_(full.mean(others));
            variance.add_(full.var(others, true, false));
            batches++;
        }

        void write() {
            if (batches == 0) return;
            norm.buffer("running_mean").copy_(mean.div(batches));
            norm.buffer("running_var").copy_(variance.div(batches));
            norm.buffer("num_batches_tracked").fill_(batches);
        }
    }
}
