package panatorch.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Precision, recall and F1 of each class, computed from a confusion matrix, as plain numbers. It agrees with scikit-learn's
 * {@code classification_report} with all classes as labels; a quotient without a denominator is 0.
 */
public final class ClassificationReport {
    private final List<String> names;
    private final long[][] counts;

    /**
     * Creates a report.
     *
     * @param names names of the classes
     * @param counts counts [C][C]; rows are the true classes
     */
    ClassificationReport(List<String> names, long[][] counts) {
        this.names = names;
        this.counts = counts;
    }

    /**
     * The scores of a class, or an average of scores.
     *
     * @param precision fraction of the predictions of the class that are right
     * @param recall fraction of the class that is found
     * @param f1 harmonic mean of precision and recall
     * @param support number of examples of the class; for an average, of all
     */
    public record Scores(double precision, double recall, double f1, long support) {}

    /** Returns a copy of the counts: {@code counts()[i][j]} examples of class i were predicted as class j. */
    public long[][] counts() {
        return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
    }

    public List<String> names() { return names; }

    public int classes() { return names.size(); }

    /** Returns the number of all examples. */
    public long total() { return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum(); }

    /** Returns the fraction of all examples that are on the diagonal. */
    public double accuracy() {
        return ratio(IntStream.range(0, classes()).mapToLong(c -> counts[c][c]).sum(), total());
    }

    public Scores of(int c) {
        long support = Arrays.stream(counts[c]).sum(), predicted = Arrays.stream(counts).mapToLong(row -> row[c]).sum();
        return new Scores(ratio(counts[c][c], predicted), ratio(counts[c][c], support), ratio(2 * counts[c][c], support + predicted),
                support);
    }

    /** Returns the mean over classes. */
    public Scores macro() { return average(s -> 1); }

    /** Returns the mean over classes, weighted by their support. */
    public Scores weighted() { return average(Scores::support); }

    private Scores average(ToDoubleFunction<Scores> weight) {
        double sum = 0, precision = 0, recall = 0, f1 = 0;
        for (int c = 0; c < classes(); c++) {
            Scores s = of(c);
            double w = weight.applyAsDouble(s);
            sum += w;
            precision += w * s.precision;
            recall += w * s.recall;
            f1 += w * s.f1;
        }
        return new Scores(ratio(precision, sum), ratio(recall, sum), ratio(f1, sum), total());
    }

    private static double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

    /** Returns a text table of precision, recall, F1 and support of each class, the accuracy, and both averages. */
    public String table() {
        int width = Math.max("weighted average".length(), longestName());
        var text = new StringBuilder(line(width, "%10s %10s %10s %10s", "", "precision", "recall", "f1", "support"));
        for (int c = 0; c < classes(); c++) text.append(line(width, names.get(c), of(c)));
        text.append(line(width, "%10s %10s %10.4f %10d", "accuracy", "", "", accuracy(), total()));
        return text.append(line(width, "macro average", macro())).append(line(width, "weighted average", weighted())).toString();
    }

    private static String line(int width, String name, Scores s) {
        return line(width, "%10.4f %10.4f %10.4f %10d", name, s.precision, s.recall, s.f1, s.support);
    }

    private static String line(int width, String format, String name, Object... values) {
        return pad(name, -width) + " " + String.format(Locale.ROOT, format, values) + "\n";
    }

    /** Returns a text table of the counts, with a row for each true class and a column for each predicted one. */
    public String matrix() {
        long largest = Arrays.stream(counts).flatMapToLong(Arrays::stream).max().orElse(0);
        int left = Math.max("true \\ predicted".length(), longestName()), width = Math.max(longestName(), Long.toString(largest).length());
        var text = new StringBuilder(pad("true \\ predicted", -left));
        for (String name : names) text.append(' ').append(pad(name, width));
        for (int c = 0; c < classes(); c++) {
            text.append('\n').append(pad(names.get(c), -left));
            for (long n : counts[c]) text.append(' ').append(pad(Long.toString(n), width));
        }
        return text.append('\n').toString();
    }

    private int longestName() { return names.stream().mapToInt(String::length).max().orElse(0); }

    /** Pads a text to the right or, with a negative width, to the left. */
    private static String pad(String text, int width) {
        return String.format("%" + width + "s", text);
    }

    /** Returns {@link #table()}. */
    @Override public String toString() { return table(); }
}
