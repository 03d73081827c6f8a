package panatorch.metrics;

import java.util.List;
import java.util.function.Function;

/**
 * The word or character error rate of transcripts: the smallest number of insertions, deletions and substitutions that make the references
 * of the predictions, divided by the length of the references (Levenshtein 1966, Binary codes capable of correcting deletions, insertions
 * and reversals). It may be above 1.
 *
 * <p>
 * The state is counts on the CPU. For use by one thread at a time.
 */
public final class TranscriptErrorRate extends SumMetric {
    private final String unit;
    private final Function<String, List<String>> split;

    private TranscriptErrorRate(String unit, Function<String, List<String>> split) {
        this.unit = unit;
        this.split = split;
    }

    /** Creates a word error rate, of words between white space. */
    public static TranscriptErrorRate ofWords() {
        return new TranscriptErrorRate("words", Words::of);
    }

    /** Creates a character error rate, of Unicode code points with white space. */
    public static TranscriptErrorRate ofCharacters() {
        return new TranscriptErrorRate("characters", text -> text.codePoints().mapToObj(Character::toString).toList());
    }

    @Override Object settings() { return unit; }

    /**
     * Adds transcripts.
     *
     * @throws IllegalArgumentException if there are not as many references as predictions
     */
    public void update(List<String> predictions, List<String> references) {
        Words.sameCount(predictions, references);
        double edits = 0, length = 0;
        for (int i = 0; i < predictions.size(); i++) {
            List<String> reference = split.apply(references.get(i));
            edits += Words.edits(split.apply(predictions.get(i)), reference);
            length += reference.size();
        }
        Words.add(this, edits, length);
    }

    /** Returns the rate; NaN if all texts were empty. */
    public double value() {
        double[] s = sums().toDoubleArray();
        return s[0] / s[1];
    }
}
