package panatorch.nn.dropout;

import java.util.Arrays;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * R-Drop (Liang et al., 2021, arXiv:2106.14448): trains two dropout samples of each example to be right and to agree. The loss is
 * {@code (CE₁ + CE₂)/2 + α · (KL(p₁‖p₂) + KL(p₂‖p₁))/2}, all means over the batch, as in the authors' published code. (The paper's formula
 * has the sum of the two cross-entropies, so its α is twice this one.) Both samples are one pass over 2·N rows, without a loop; batch
 * normalisations see all these rows.
 *
 * <pre>{@code
 * var result = new RDrop(1, CrossEntropy.mean()).apply(model, images, target);
 * result.loss().backward();
 * }</pre>
 *
 * @param alpha weight of the divergence, at least 0; the paper's experiments use 0.1 to 5
 * @param criterion cross-entropy with a mean; its class weights and ignored targets do not apply to the divergence
 */
public record RDrop(double alpha, CrossEntropy criterion) {
    public RDrop {
        if (!(alpha >= 0)) throw new IllegalArgumentException("alpha has to be at least 0, not " + alpha);
        if (criterion.reduction() != Reduction.MEAN) throw new IllegalArgumentException("R-Drop needs a criterion with the reduction MEAN");
    }

    /**
     * The result of a batch.
     *
     * @param loss loss, []
     * @param divergence divergence, not yet weighted, []
     * @param logits mean logits of both samples, [N, C], for metrics
     */
    public record Result(Tensor loss, Tensor divergence, Tensor logits) {}

    /**
     * Computes the loss of a batch.
     *
     * @param model model with stochastic layers, in training mode; maps [N, …] to logits [N, C]
     * @param input inputs [N, …]
     * @param target classes int64 [N], or probabilities [N, C]
     */
    public Result apply(Module model, Tensor input, Tensor target) {
        try (var scope = Scope.open()) {
            Tensor logits = model.call(twice(input));
            Tensor divergence = divergence(logits.slice(0, 0L, input.size(0), 1), logits.slice(0, input.size(0), null, 1));
            Tensor loss = criterion.apply(logits, twice(target)).add(divergence.mul(alpha));
            return new Result(scope.move(loss), scope.move(divergence),
                    scope.move(logits.detach().unflatten(0, new long[] {2, -1}).mean(0)));
        }
    }

    /** Returns (KL(p‖q) + KL(q‖p))/2 of two sets of logits [N, C], the mean over rows, []. It equals Σ (p − q)(log p − log q)/2. */
    public static Tensor divergence(Tensor logits, Tensor others) {
        try (var scope = Scope.open()) {
            Tensor p = logits.logSoftmax(-1), q = others.logSoftmax(-1);
            return scope.move(p.exp().sub(q.exp()).mul(p.sub(q)).sum(-1).mean().div(2));
        }
    }

    private static Tensor twice(Tensor t) {
        long[] repeats = new long[(int) t.dim()];
        Arrays.fill(repeats, 1);
        repeats[0] = 2;
        return t.repeat(repeats);
    }
}
