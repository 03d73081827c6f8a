package panatorch.nn.dropout.montecarlo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * Monte-Carlo dropout (Gal and Ghahramani 2016, arXiv:1506.02142): T passes with dropout approximate the predictions of a Bayesian network.
 * Their mean is the prediction, their spread its uncertainty.
 *
 * <pre>{@code
 * var p = MonteCarlo.predict(model, images, 50);                  // model's forward makes logits [N, C]
 * Tensor unsure = p.mutualInformation().argsort(0, true);         // examples, the most uncertain first
 * var again = MonteCarlo.predict(head, features, 50);             // only the head drops: its trunk ran once
 * }</pre>
 *
 * <p>
 * During a call, {@linkplain panatorch.nn.Stochastic stochastic} modules are in training mode and all others, such as batch normalisation,
 * in evaluation mode. Afterwards, also after an exception, every module has its own mode and masks again. No gradient is recorded, nothing
 * is read back to Java, and no statistics change.
 *
 * <p>
 * Several passes are one batch of k·N rows, and memory does not grow with T. A model without a stochastic module is refused, since its
 * samples would all be equal. A model whose layers drop with p = 0 is accepted.
 *
 * <p>
 * <b>Threads.</b> A call changes the model's modes: only one call may run at a time. Results belong to the current scope.
 */
public final class MonteCarlo {
    private MonteCarlo() {}

    /**
     * Options of the sampling. Each method returns changed options.
     *
     * @param samples T, the number of passes
     * @param chunk largest number of passes in one batch; 1 is used where a layer's rows share masks ({@link panatorch.nn.Masked#isPerRow})
     * @param generator generator for all masks in place of the layers' own sources, or null; attention and recurrent networks draw from the
     * global one
     * @param consistent whether all rows of a pass have the same masks, so that whole sets of examples can be compared (Kirsch et al.,
     * 2019, arXiv:1906.08158); calls that start from the same state of {@code generator} then share their masks
     */
    public record Options(int samples, int chunk, @Nullable Generator generator, boolean consistent) {
        public Options {
            if (samples < 1) throw new IllegalArgumentException("the number of samples has to be at least 1, not " + samples);
            if (chunk < 1) throw new IllegalArgumentException("a chunk has to have at least 1 sample, not " + chunk);
        }

        public Options chunk(int passes) { return new Options(samples, passes, generator, consistent); }

        public Options generator(@Nullable Generator g) { return new Options(samples, chunk, g, consistent); }

        public Options consistent(boolean on) { return new Options(samples, chunk, generator, on); }
    }

    /** Returns options with chunks of 10 passes and the layers' own masks. */
    public static Options options(int samples) {
        return new Options(samples, 10, null, false);
    }

    /**
     * The mean and the variance (divided by T) of T outputs, both float64 and of an output's shape. For regression, the predictive variance
     * is this variance plus that of the noise, which the paper calls 1/τ.
     */
    public record Moments(Tensor mean, Tensor variance) {}

    /** Samples with the default {@link #options}. */
    public static Prediction predict(Module model, Tensor input, int samples) {
        return predict(model, input, options(samples));
    }

    /**
     * Summarises T outputs of {@code model}, logits [N, C] or [N, C, …].
     *
     * @param input inputs [N, …]
     */
    public static Prediction predict(Module model, Tensor input, Options options) { return predict(model, List.of(input), options); }

    /** Summarises T outputs of a model with several inputs, each [N, …] or null. */
    public static Prediction predict(Module model, List<? extends @Nullable Tensor> inputs, Options options) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var sums = new Sums()) {
            sample(model, inputs, options, sums::add);
            Prediction p = sums.prediction();
            scope.keep(p.logMean(), p.mean(), p.entropy(), p.expectedEntropy(), p.mutualInformation(), p.variationRatio(), p.variance());
            return p;
        }
    }

    /** Samples with the default {@link #options}. */
    public static Moments moments(Module model, Tensor input, int samples) {
        return moments(model, input, options(samples));
    }

    /**
     * Returns the moments of T outputs [N, …] as they are, without a softmax.
     *
     * @param input inputs [N, …]
     */
    public static Moments moments(Module model, Tensor input, Options options) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var running = new RunningMoments()) {
            sample(model, List.of(input), options, running::add);
            return new Moments(scope.move(running.mean()), scope.move(running.variance()));
        }
    }

    /** Passes the outputs of all passes to {@code taken}, one chunk [k, N, …] at a time. Each chunk has a scope of its own. */
    private static void sample(Module model, List<? extends @Nullable Tensor> inputs, Options o, Consumer<Tensor> taken) {
        Tensor first = inputs.getFirst();
        if (first == null) throw new NullPointerException("the first input is null; it has to give the number of rows");
        try (var sampling = new Sampling(model, o)) {
            int chunk = sampling.isPerRow() ? o.chunk : 1;
            for (int done = 0; done < o.samples; done += chunk) {
                int k = Math.min(chunk, o.samples - done);
                sampling.passes(k);
                try (var scope = Scope.open()) {
                    var tiled = new ArrayList<@Nullable Tensor>();
                    for (Tensor t : inputs) tiled.add(t == null ? null : tile(t, k));
                    Tensor outputs = model.callAll(tiled).getFirst();
                    if (outputs.dim() == 0 || outputs.size(0) != k * first.size(0))
                        throw new IllegalArgumentException("the model turned " + k * first.size(0) + " rows into " + outputs.describe());
                    taken.accept(outputs.unflatten(0, new long[] {k, first.size(0)}));
                }
            }
        }
    }

    /** Repeats [N, …] k times, one after the other: [k·N, …]. */
    private static Tensor tile(Tensor t, int k) {
        if (k == 1) return t;
        long[] repeats = new long[(int) t.dim()];
        Arrays.fill(repeats, 1);
        repeats[0] = k;
        return t.repeat(repeats);
    }
}
