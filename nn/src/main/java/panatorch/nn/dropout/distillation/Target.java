package panatorch.nn.dropout.distillation;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A teacher's prediction for a batch, over K masks an example. Belongs to the scope in which it was made.
 *
 * @param divergence the divergence to minimise
 * @param mean mean over the masks, without gradient, in float32 at least: for {@link Divergence#KL} the logarithms of the mean
 * <em>probabilities</em> [N, …, C], otherwise the mean outputs [N, …]
 * @param floor mean over the batch of how much the K outputs differ from their mean, []: for KL the mutual information
 * {@code H(mean p) − mean H(p)} in nats, otherwise the variance; null for one mask, from which it cannot be estimated
 */
public record Target(Divergence divergence, Tensor mean, @Nullable Tensor floor) {
    /**
     * Returns the divergence from the mean, [], differentiable in {@code output}: {@code kl_div(log_softmax(output), mean, batchmean)}.
     */
    public Tensor divergence(Tensor output) { return divergence.between(mean, output); }

    /**
     * Returns the mean over the K masks of the divergence from each, [] (Bulò et al., 2016, equation 7). It is {@link #divergence(Tensor)}
     * plus the floor, and has the same gradient. Its expectation is the same for every K.
     */
    public Tensor loss(Tensor output) {
        Tensor fromMean = divergence(output);
        return floor == null ? fromMean : fromMean.add(floor);
    }
}
