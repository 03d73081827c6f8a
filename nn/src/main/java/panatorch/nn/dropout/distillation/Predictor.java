package panatorch.nn.dropout.distillation;

import java.util.Objects;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Modes;
import panatorch.nn.Module;

/** A way to predict, to be compared with others by {@link Score}: the student's and the paper's two baselines. */
@FunctionalInterface
public interface Predictor {
    /** Returns log-probabilities [N, C] for inputs [N, …], in float32 at least and without gradient. */
    Tensor logProbabilities(Tensor input);

    /** Predicts in evaluation mode, with nothing dropped: the paper's <em>Standard</em>, and any student. */
    static Predictor standard(Module network) {
        return input -> {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var modes = Modes.evaluation(network)) {
                Tensor logits = network.call(input);
                return scope.move(logits.logSoftmax(-1, Divergence.precise(logits)));
            }
        };
    }

    /**
     * Predicts the mean probabilities over {@code samples} dropout masks an example (Bulò et al., 2016, equation 4, with 100).
     *
     * @param atOnce masks an example in one pass, which bounds memory
     */
    static Predictor monteCarlo(Module network, int samples, int atOnce) {
        if (samples < 1 || atOnce < 1)
            throw new IllegalArgumentException("samples and atOnce have to be at least 1, not " + samples + " and " + atOnce);
        return input -> {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor sum = null;
                for (int done = 0; done < samples; done += atOnce) {
                    int some = Math.min(atOnce, samples - done);
                    Tensor part = new Teacher(network, some).target(input).mean().add(Math.log(some));
                    sum = sum == null ? part : sum.logaddexp(part);
                }
                return scope.move(Objects.requireNonNull(sum).sub(Math.log(samples)));
            }
        };
    }
}
