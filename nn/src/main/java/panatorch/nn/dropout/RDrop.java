package panatorch.nn.dropout;

import java.util.Arrays;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * R-Drop (Liang et al., 2021, arXiv:2106.14448): two dropout samples of each example are to be right, and to agree:
 * {@code (CE₁ + CE₂)/2 + α · (KL(p₁‖p₂) + KL(p₂‖p₁))/2}, all means over the batch, as the authors' published code has it. (The paper's formula has the
 * sum of the two cross-entropies, so its α is twice this one.) Both samples are one pass over 2·N rows, with no loop; batch normalisations see all of them.
 *
 * <pre>{@code
 * var result = new RDrop(1, CrossEntropy.mean()).apply(model, images, target);
 * result.loss().backward();
 * }</pre>
 *
 * @param alpha weight of the divergence, at least 0; the paper's experiments use 0.1 to 5
 * @param criterion with a mean; its class weights and ignored targets do not apply to the divergence
 */
public record RDrop(double alpha, CrossEntropy criterion) {
    public RDrop {
        if (!(alpha >= 0)) throw new IllegalArgumentException("the divergence's weight is at least 0, not " + alpha);
        if (criterion.reduction() != Reduction.MEAN) throw new IllegalArgumentException("R-Drop takes a criterion with a mean");
    }

    /** @param loss []; @param divergence [], not yet weighted; @param logits [N, C], the mean of both samples, for metrics */
    public record Result(Tensor loss, Tensor divergence, Tensor logits) {}

    /**
     * @param model stochastic in training: of [N, …] it makes logits [N, C]
     * @param target [N] int64, or probabilities [N, C]
     */
    public Result apply(Module model, Tensor input, Tensor target) {
        try (var scope = Scope.open()) {
            Tensor logits = model.call(twice(input));
            Tensor divergence = divergence(logits.slice(0, 0L, input.size(0), 1), logits.slice(0, input.size(0), null, 1));
            Tensor loss = criterion.apply(logits, twice(target)).add(divergence.mul(alpha));
            return new Result(scope.move(loss), scope.move(divergence), scope.move(logits.detach().unflatten(0, new long[] {2, -1}).mean(0)));
        }
    }

    /** (KL(p‖q) + KL(q‖p))/2 of two sets of logits [N, C], the mean over rows: []. That is Σ (p − q)(log p − log q)/2. */
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
