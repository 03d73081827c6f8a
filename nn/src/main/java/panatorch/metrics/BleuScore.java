package panatorch.metrics;

import java.util.List;
import java.util.Map;

/**
 * The BLEU score of translations: the geometric mean of the precisions of n-grams for n = 1 … 4, of the whole corpus, times a penalty for
 * translations that are shorter than their references (Papineni et al., 2002, BLEU: a method for automatic evaluation of machine
 * translation). Texts are split at white space. Of several references, the length counts that is closest; of two, the first.
 *
 * <p>
 * The state is counts on the CPU. For use by one thread at a time.
 */
public final class BleuScore extends SumMetric {
    private final int order;
    private final boolean smooth;

    /** Creates the usual metric: n-grams of up to four words, without smoothing. */
    public BleuScore() { this(4, false); }

    /**
     * Creates a metric.
     *
     * @param order number of words of the longest n-grams, at least 1
     * @param smooth whether 1 is added to matches and n-grams for n ≥ 2, so that a missing match does not make the score 0 (Lin and Och
     * 2004, Automatic evaluation of machine translation quality using longest common subsequence and skip-bigram statistics). torchmetrics
     * then still returns 0 if there is no match of some order
     */
    public BleuScore(int order, boolean smooth) {
        if (order < 1) throw new IllegalArgumentException("the order of the n-grams has to be at least 1, not " + order);
        this.order = order;
        this.smooth = smooth;
    }

    @Override Object settings() { return "order " + order + (smooth ? ", smoothed" : ""); }

    /**
     * Adds translations.
     *
     * @param predictions a text for each sentence
     * @param references one or more texts for each sentence
     * @throws IllegalArgumentException if there are not as many lists of references as predictions, or one of them is empty
     */
    public void update(List<String> predictions, List<List<String>> references) {
        Words.sameCount(predictions, references);
        // lengths of predictions and references, then matches and n-grams of each order
        var numbers = new double[2 + 2 * order];
        for (int i = 0; i < predictions.size(); i++) {
            if (references.get(i).isEmpty()) throw new IllegalArgumentException("prediction " + i + " has no reference");
            count(Words.of(predictions.get(i)), references.get(i).stream().map(Words::of).toList(), numbers);
        }
        Words.add(this, numbers);
    }

    private void count(List<String> prediction, List<List<String>> references, double[] numbers) {
        numbers[0] += prediction.size();
        int closest = references.getFirst().size();
        for (List<String> r : references)
            if (Math.abs(r.size() - prediction.size()) < Math.abs(closest - prediction.size())) closest = r.size();
        numbers[1] += closest;
        for (int n = 1; n <= order; n++) {
            int length = n;
            List<Map<List<String>, Integer>> all = references.stream().map(r -> Words.ngrams(r, length)).toList();
            for (var e : Words.ngrams(prediction, n).entrySet()) {
                int most = all.stream().mapToInt(r -> r.getOrDefault(e.getKey(), 0)).max().orElse(0);
                numbers[n + 1] += Math.min(e.getValue(), most);
                numbers[order + n + 1] += e.getValue();
            }
        }
    }

    /** Returns the score of all translations, in [0, 1]. */
    public double value() {
        double[] s = sums().toDoubleArray();
        double logarithms = 0;
        for (int n = 1; n <= order; n++) {
            double more = smooth && n > 1 ? 1 : 0, matches = s[n + 1] + more;
            if (matches == 0) return 0;
            logarithms += Math.log(matches / (s[order + n + 1] + more)) / order;
        }
        return Math.exp(logarithms) * (s[0] > s[1] ? 1 : Math.exp(1 - s[1] / s[0]));
    }
}
