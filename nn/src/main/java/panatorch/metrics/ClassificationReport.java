package panatorch.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Precision, recall, F1 and other scores, computed from a confusion matrix, as plain numbers. {@link #macro}, {@link #weighted} and
 * {@link #table} agree with scikit-learn's {@code classification_report} with all classes as labels. A quotient without a denominator is 0.
 *
 * <p>
 * The methods that take an {@link Average} agree with torchmetrics, and with scikit-learn where it is not given labels: the macro average
 * is that of the classes that occur among labels or predictions. A class that the matrix ignores counts in no average.
 */
public final class ClassificationReport {
    private final List<String> names;
    private final long[][] counts;
    private final long[] support, predicted;
    private final long total;
    private final @Nullable Long ignored;

    /**
     * Creates a report.
     *
     * @param names names of the classes
     * @param counts counts [C][C]; rows are the true classes
     * @param ignored class that averages leave out, or null
     */
    ClassificationReport(List<String> names, long[][] counts, @Nullable Long ignored) {
        this.names = names;
        this.counts = counts;
        this.ignored = ignored;
        support = Arrays.stream(counts).mapToLong(row -> Arrays.stream(row).sum()).toArray();
        predicted = IntStream.range(0, counts.length).mapToLong(c -> Arrays.stream(counts).mapToLong(row -> row[c]).sum()).toArray();
        total = Arrays.stream(support).sum();
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
    public long total() { return total; }

    /** Returns the fraction of all examples that are on the diagonal. */
    public double accuracy() {
        return ratio(IntStream.range(0, classes()).mapToLong(c -> counts[c][c]).sum(), total());
    }

    public Scores of(int c) {
        return new Scores(ratio(counts[c][c], predicted[c]), ratio(counts[c][c], support[c]),
                ratio(2 * counts[c][c], support[c] + predicted[c]), support[c]);
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

    /** The decisions about one class: true and false positives, false and true negatives. */
    private record Decisions(double tp, double fp, double fn, double tn) {}

    private Decisions decisions(int c) {
        double tp = counts[c][c];
        return new Decisions(tp, predicted[c] - tp, support[c] - tp, total - support[c] - predicted[c] + tp);
    }

    private double average(Average average, ToDoubleFunction<Decisions> score) {
        double tp = 0, fp = 0, fn = 0, tn = 0, sum = 0, weights = 0;
        for (int c = 0; c < classes(); c++) {
            if (ignored != null && c == ignored) continue;
            Decisions d = decisions(c);
            tp += d.tp;
            fp += d.fp;
            fn += d.fn;
            tn += d.tn;
            double weight = average == Average.WEIGHTED ? support[c] : d.tp + d.fp + d.fn > 0 ? 1 : 0;
            weights += weight;
            if (weight > 0) sum += weight * score.applyAsDouble(d);
        }
        return average == Average.MICRO ? score.applyAsDouble(new Decisions(tp, fp, fn, tn)) : ratio(sum, weights);
    }

    /** Returns the average fraction of the predictions of a class that are right. */
    public double precision(Average average) {
        return average(average, d -> ratio(d.tp, d.tp + d.fp));
    }

    /** Returns the average fraction of a class that is found, also called sensitivity. */
    public double recall(Average average) {
        return average(average, d -> ratio(d.tp, d.tp + d.fn));
    }

    /** Returns the average fraction of the examples of other classes that are not predicted as a class. */
    public double specificity(Average average) {
        return average(average, ClassificationReport::specificity);
    }

    /** Returns the fraction of the examples of other classes that are not predicted as class {@code c}. */
    public double specificity(int c) {
        return specificity(decisions(c));
    }

    private static double specificity(Decisions d) { return ratio(d.tn, d.tn + d.fp); }

    /**
     * Returns the average of {@link #fBeta(double, int)}.
     *
     * @param beta weight of recall relative to precision
     */
    public double fBeta(double beta, Average average) {
        return average(average, d -> fBeta(beta, d));
    }

    /**
     * Returns Fβ of a class, {@code (1 + β²)PR/(β²P + R)} of precision P and recall R.
     *
     * @param beta weight of recall relative to precision
     */
    public double fBeta(double beta, int c) {
        return fBeta(beta, decisions(c));
    }

    private static double fBeta(double beta, Decisions d) {
        double b = beta * beta;
        return ratio((1 + b) * d.tp, (1 + b) * d.tp + b * d.fn + d.fp);
    }

    /** Returns the average intersection over union; {@link Average#MACRO} is the mean IoU of segmentations. */
    public double jaccard(Average average) {
        return average(average, ClassificationReport::jaccard);
    }

    /**
     * Returns the Jaccard index of a class, intersection over union: how many examples are of the class and predicted so, divided by how
     * many are either.
     */
    public double jaccard(int c) {
        return jaccard(decisions(c));
    }

    private static double jaccard(Decisions d) { return ratio(d.tp, d.tp + d.fp + d.fn); }

    /** The weight of a disagreement between classes i and j in {@link #kappa}. */
    public enum KappaWeights {
        /** 1 for all. */
        NONE,
        /** |i − j|, for ordered classes. */
        LINEAR,
        /** (i − j)², for ordered classes. */
        QUADRATIC
    }

    /**
     * Returns Cohen's kappa: one minus the weighted disagreements of labels and predictions, divided by those that are expected if both are
     * independent (Cohen 1960, A coefficient of agreement for nominal scales; 1968 with weights). NaN if there is only one class.
     */
    public double kappa(KappaWeights weights) {
        double observed = 0, expected = 0;
        for (int i = 0; i < classes(); i++) {
            for (int j = 0; j < classes(); j++) {
                int distance = Math.abs(i - j);
                double weight = switch (weights) {
                    case NONE -> Math.min(distance, 1);
                    case LINEAR -> distance;
                    case QUADRATIC -> (double) distance * distance;
                };
                observed += weight * counts[i][j];
                expected += weight * support[i] * predicted[j] / total;
            }
        }
        return 1 - observed / expected;
    }

    /**
     * Returns Matthews' correlation coefficient of labels and predictions, for any number of classes (Gorodkin 2004, Comparing two
     * K-category assignments by a K-category correlation coefficient). 0 if all labels or all predictions are equal.
     */
    public double matthews() {
        double right = 0, labels = 0, predictions = 0, both = 0, n = total;
        for (int c = 0; c < classes(); c++) {
            right += counts[c][c];
            labels += (double) support[c] * support[c];
            predictions += (double) predicted[c] * predicted[c];
            both += (double) support[c] * predicted[c];
        }
        return ratio(right * n - both, Math.sqrt((n * n - labels) * (n * n - predictions)));
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
