package panatorch.metrics;

import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/** The fraction of examples whose class is among the k largest scores. */
public final class Accuracy {
    private Accuracy() {}

    /**
     * Returns which examples are right: [N] bool, on the scores' device and without a synchronisation. A label out of range is never right.
     * Among equal scores the operator {@code topk} chooses, or {@code argmax} with k = 1.
     *
     * @param scores logits or probabilities [N, C]
     * @param labels classes [N]
     * @param k number of scores that count, at most C
     */
    public static Tensor correct(Tensor scores, Tensor labels, int k) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor s = Inputs.scores("scores", scores), y = Inputs.classes("labels", labels, s);
            if (k < 1 || k > s.size(1))
                throw new IllegalArgumentException("k has to be between 1 and the " + s.size(1) + " classes, not " + k);
            return scope.move(k == 1 ? s.argmax(1L).eq(y) : s.topk(k, 1, true, false).indices().eq(y.unsqueeze(1)).any(1));
        }
    }

    /**
     * Returns the fraction of examples that {@link #correct} finds right.
     *
     * @throws IllegalArgumentException also if labels are not in [0, C)
     */
    public static double topK(Tensor scores, Tensor labels, int k) {
        try (var scope = Scope.open()) {
            Tensor right = correct(scores, labels, k).sum(), wrong = Inputs.outOfRange(labels.to(scores.device()), scores.size(1));
            long[] numbers = Aten.stack(right, wrong).toLongArray();
            if (numbers[1] > 0) throw Inputs.outOfRange("labels", numbers[1], scores.size(1));
            return (double) numbers[0] / scores.size(0);
        }
    }
}
