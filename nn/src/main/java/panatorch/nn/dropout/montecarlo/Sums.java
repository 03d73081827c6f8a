package panatorch.nn.dropout.montecarlo;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Special;
import panatorch.Tensor;

/** The sums over chunks of samples from which a {@link Prediction} is made. Owns its tensors until it is closed. */
final class Sums implements AutoCloseable {
    private final RunningMoments moments = new RunningMoments();
    private long count;
    private @Nullable Tensor logSum, entropies, votes;

    /**
     * Adds a chunk.
     *
     * @param logits logits [k, N, C, …]
     */
    void add(Tensor logits) {
        if (logits.dim() < 3)
            throw new IllegalArgumentException("logits have to be [N, C] or [N, C, …] in each sample; all samples together are "
                    + logits.describe());
        Tensor logP = logits.to(DType.FLOAT64).logSoftmax(2), p = logP.exp();
        Tensor sum = logP.logsumexp(0), entropy = Special.entr(p).sum(2).sum(0), largest = p.argmax(2).transpose(0, 1); // [N, k, …]
        if (votes == null || logSum == null || entropies == null) {
            votes = sum.zerosLike().escape();
            logSum = sum.escape();
            entropies = entropy.escape();
        } else {
            logSum.copy_(logSum.logaddexp(sum));
            entropies.add_(entropy);
        }
        votes.scatterAdd_(1, largest, largest.onesLike(DType.FLOAT64)); // whole numbers: the order of additions does not matter
        moments.add(p);
        count += logits.size(0);
    }

    Prediction prediction() {
        Tensor logMean = Objects.requireNonNull(logSum).sub(Math.log(count)), mean = logMean.exp();
        Tensor entropy = Special.entr(mean).sum(1), expected = Objects.requireNonNull(entropies).div(count);
        return new Prediction(logMean, mean, entropy, expected, entropy.sub(expected),
                Aten.rsub(Objects.requireNonNull(votes).amax(1).div(count), 1), moments.variance());
    }

    @Override public void close() {
        moments.close();
        for (Tensor t : new Tensor[] {logSum, entropies, votes}) if (t != null) t.close();
    }
}
