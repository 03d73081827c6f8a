package panatorch.metrics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Torch;

/** What metrics of texts have in common. */
final class Words {
    private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    private Words() {}

    /** Splits a text at white space. */
    static List<String> of(String text) {
        return SPACE.splitAsStream(text).filter(w -> !w.isEmpty()).toList();
    }

    /** Returns how often each sequence of {@code n} words occurs. */
    static Map<List<String>, Integer> ngrams(List<String> words, int n) {
        var counts = new HashMap<List<String>, Integer>();
        for (int i = 0; i + n <= words.size(); i++) counts.merge(words.subList(i, i + n), 1, Integer::sum);
        return counts;
    }

    /** Returns the length of the longest common subsequence. */
    static int common(List<String> a, List<String> b) {
        var row = new int[b.size() + 1];
        for (String word : a) {
            int diagonal = 0;
            for (int j = 1; j <= b.size(); j++) {
                int above = row[j];
                row[j] = word.equals(b.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[b.size()];
    }

    /** Returns the smallest number of insertions, deletions and substitutions that make {@code b} of {@code a}. */
    static int edits(List<String> a, List<String> b) {
        var row = new int[b.size() + 1];
        for (int j = 0; j <= b.size(); j++) row[j] = j;
        for (int i = 1; i <= a.size(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.size(); j++) {
                int above = row[j], replaced = diagonal + (a.get(i - 1).equals(b.get(j - 1)) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.size()];
    }

    static void sameCount(List<?> predictions, List<?> references) {
        if (predictions.size() != references.size())
            throw new IllegalArgumentException("there are " + predictions.size() + " predictions, but " + references.size()
                    + " references or lists of them");
    }

    /** Adds numbers of a batch of texts. */
    static void add(SumMetric metric, double... numbers) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            metric.add(Torch.tensor(numbers));
        }
    }
}
