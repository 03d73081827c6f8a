package panatorch.metrics;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The perplexity of a language model: e to the mean negative log-likelihood of the tokens (Jelinek et al., 1977, Perplexity: a measure of
 * the difficulty of speech recognition tasks). For use by one thread at a time.
 */
public final class Perplexity extends SumMetric {
    private final @Nullable Long ignoreIndex;

    /** Creates a metric that counts all tokens. */
    public Perplexity() { ignoreIndex = null; }

    /**
     * Creates a metric.
     *
     * @param ignoreIndex target that is not counted, such as −100 or that of padding
     */
    public Perplexity(long ignoreIndex) { this.ignoreIndex = ignoreIndex; }

    @Override Object settings() { return ignoreIndex == null ? "" : "ignoreIndex " + ignoreIndex; }

    /**
     * Adds a batch.
     *
     * @param logits logits [N, …, V] of V tokens, of which logits [N, T, V] predict the targets [N, T]
     * @param targets indices of tokens [N, …], in [0, V)
     * @throws IllegalArgumentException if shapes or types are wrong; {@link #value} finds targets out of range
     */
    public void update(Tensor logits, Tensor targets) {
        DType type = targets.dtype();
        if (logits.dim() < 2 || logits.numel() == 0 || !logits.dtype().isFloatingPoint() || type.isFloatingPoint() || type.isComplex()
                || type == DType.BOOL || !Arrays.equals(Arrays.copyOf(logits.shape(), (int) logits.dim() - 1), targets.shape()))
            throw new IllegalArgumentException("logits have to be floating-point numbers [N, …, V] and targets whole numbers [N, …], not "
                    + Inputs.describe(logits) + " and " + Inputs.describe(targets));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            long tokens = logits.size(-1);
            Tensor y = targets.to(logits.device(), DType.INT64).flatten(), z = Inputs.full(logits).reshape(-1, tokens);
            Tensor wrong = Inputs.isOutOfRange(y, tokens);
            // A target out of range takes another token, because such an index is fatal to a CUDA context.
            Tensor loss = z.logSoftmax(1).gather(1, y.clamp(0, tokens - 1).unsqueeze(1)).squeeze(1).neg().to(DType.FLOAT64);
            Tensor counted = ignoreIndex == null ? Aten.onesLike(wrong) : y.ne(ignoreIndex);
            add(Aten.stack(loss.maskedFill(counted.bitwiseNot(), 0).sum(), counted.sum().to(DType.FLOAT64),
                    counted.bitwiseAnd(wrong).sum().to(DType.FLOAT64)));
        }
    }

    /**
     * Returns the perplexity; NaN if no token was counted.
     *
     * @throws IllegalArgumentException if targets were out of range
     */
    public double value() {
        double[] s = sums().toDoubleArray();
        if (s[2] > 0)
            throw new IllegalArgumentException((long) s[2] + " of the targets are not in the range of the logits' tokens, "
                    + "nor the index to ignore");
        return Math.exp(s[0] / s[1]);
    }
}
