package panatorch.metrics;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * ROUGE-L: how much of a text is a subsequence of its reference, and the reverse, as means over texts (Lin 2004, ROUGE: a package for
 * automatic evaluation of summaries). Texts are put in lower case, and split at all that is no letter from a to z and no digit, as Google's
 * and torchmetrics' implementations do; there is no stemming. Of several references, the one with the highest F1 counts.
 *
 * <p>
 * The state is sums on the CPU. For use by one thread at a time.
 */
public final class RougeL extends SumMetric {
    private static final Pattern OTHERS = Pattern.compile("[^a-z0-9]+");

    /**
     * Means over texts.
     *
     * @param precision length of the longest common subsequence divided by the number of predicted words
     * @param recall its length divided by the number of words of the reference
     * @param f1 harmonic mean of both
     */
    public record Scores(double precision, double recall, double f1) {}

    /**
     * Adds texts.
     *
     * @param predictions a text for each example
     * @param references one or more texts for each example
     * @throws IllegalArgumentException if there are not as many lists of references as predictions, or one of them is empty
     */
    public void update(List<String> predictions, List<List<String>> references) {
        Words.sameCount(predictions, references);
        double precision = 0, recall = 0, f1 = 0;
        for (int i = 0; i < predictions.size(); i++) {
            if (references.get(i).isEmpty()) throw new IllegalArgumentException("prediction " + i + " has no reference");
            List<String> words = words(predictions.get(i));
            Scores best = null;
            for (String reference : references.get(i)) {
                Scores s = scores(words, words(reference));
                if (best == null || s.f1 > best.f1) best = s;
            }
            if (best == null) continue;
            precision += best.precision;
            recall += best.recall;
            f1 += best.f1;
        }
        Words.add(this, predictions.size(), precision, recall, f1);
    }

    private static List<String> words(String text) {
        return Words.of(OTHERS.matcher(text.toLowerCase(Locale.ROOT)).replaceAll(" "));
    }

    private static Scores scores(List<String> prediction, List<String> reference) {
        double common = Words.common(prediction, reference);
        if (common == 0) return new Scores(0, 0, 0);
        double precision = common / prediction.size(), recall = common / reference.size();
        return new Scores(precision, recall, 2 * precision * recall / (precision + recall));
    }

    /** Returns the means over all texts. */
    public Scores scores() {
        double[] s = sums().toDoubleArray();
        return new Scores(s[1] / s[0], s[2] / s[0], s[3] / s[0]);
    }
}
