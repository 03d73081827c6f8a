package panatorch.nn.dropout.distillation;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * What a teacher says of a batch over K masks an example. Belongs to the scope it was made in.
 *
 * @param mean over the masks, without gradient: for {@link Divergence#KL} the logarithms of the mean <em>probabilities</em> [N, …, C], else the mean
 *     outputs [N, …]; float32 at least
 * @param floor [], the mean over the batch of how much the K outputs differ from their mean: for KL the mutual information
 *     {@code H(mean p) − mean H(p)} in nats, else the variance; null for one mask, which tells nothing of it
 */
public record Target(Divergence divergence, Tensor mean, @Nullable Tensor floor) {
    /** The divergence from the mean, [], differentiable in {@code output}: {@code kl_div(log_softmax(output), mean, batchmean)}. */
    public Tensor divergence(Tensor output) { return divergence.between(mean, output); }

    /**
     * The mean over the K masks of the divergence from each, [] (Bulò et al., 2016, equation 7), which is {@link #divergence(Tensor)} plus the floor. Its
     * gradient is that of the former, and its expectation the same for every K.
     */
    public Tensor loss(Tensor output) {
        Tensor fromMean = divergence(output);
        return floor == null ? fromMean : fromMean.add(floor);
    }
}
