package panatorch.metrics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The quality of scores at all thresholds: ROC curves, precision–recall curves, and the areas under both, exactly and with equal scores as
 * one threshold, as in scikit-learn. For two classes, for one class against all others, or for several labels of an example.
 *
 * <p>
 * Keeps all scores and targets, on the device of the first batch, until it is closed; they are sorted there and read when a result is asked
 * for. A class has no area if it has no positive examples, or no negative ones for the ROC curve: the area is NaN then, and averages leave
 * the class out. For use by one thread at a time.
 */
public final class ThresholdCurves extends RowMetric {
    private final int classes;

    /** Creates curves of two classes, of which one is called positive. */
    public ThresholdCurves() { this(1); }

    /**
     * Creates curves of several classes, each against all others.
     *
     * @param classes number of classes or labels; 1 for a positive class and a negative one
     */
    public ThresholdCurves(int classes) {
        super(2);
        if (classes < 1) throw new IllegalArgumentException("the number of classes has to be at least 1, not " + classes);
        this.classes = classes;
    }

    @Override Object settings() { return classes + " classes"; }

    /** A point of a ROC curve: the parts of the negatives and of the positives whose score is at least {@code threshold}. */
    public record RocPoint(double threshold, double falsePositiveRate, double truePositiveRate) {}

    /** A point of a precision–recall curve, where examples with a score of at least {@code threshold} are taken for positive. */
    public record PrecisionRecallPoint(double threshold, double precision, double recall) {}

    /**
     * Adds a batch.
     *
     * @param scores scores [N] of the positive class, or [N, C] of each class, floating-point and without NaN; logits do as well
     * @param targets [N] bool or 0 and 1 for two classes; classes [N] for several; [N, C] bool or 0 and 1 for labels
     * @throws IllegalArgumentException if shapes or types are wrong; wrong values are found when a result is asked for
     */
    public void update(Tensor scores, Tensor targets) {
        DType type = targets.dtype();
        boolean flat = classes == 1 && scores.dim() == 1, table = scores.dim() == 2 && scores.size(1) == classes;
        if (!(flat || table) || !scores.dtype().isFloatingPoint())
            throw new IllegalArgumentException("scores have to be floating-point numbers " + (classes == 1 ? "[N]" : "[N, " + classes + "]")
                    + ", not " + Inputs.describe(scores));
        boolean labels = classes > 1 && targets.dim() == 1;
        if (type.isFloatingPoint() || type.isComplex() || targets.dim() != (labels ? 1 : scores.dim()) || targets.size(0) != scores.size(0)
                || !labels && targets.numel() != scores.numel() || labels && type == DType.BOOL)
            throw new IllegalArgumentException("targets have to be whole numbers [N]" + (classes > 1 ? " or bool [N, " + classes + "]"
                    : " or bool [N]") + " for " + scores.size(0) + " examples, not " + Inputs.describe(targets));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor s = Inputs.full(scores), y = targets.to(scores.device(), DType.INT64);
            Tensor wrong = Inputs.isOutOfRange(y, labels ? classes : 2).to(DType.UINT8);
            Tensor positive = labels ? y.unsqueeze(1).eq(Torch.arange(classes, DType.INT64, y.device())) : y.ne(0);
            // A wrong target is 2 or 3, which is found when the state is read.
            Tensor marked = positive.to(DType.UINT8).add((labels ? wrong.unsqueeze(1) : wrong).mul(2));
            add(List.of(flat ? s.unsqueeze(1) : s, flat ? marked.unsqueeze(1) : marked));
        }
    }

    /** The numbers of positives and negatives whose score is at least each of the distinct scores, highest first. */
    private record Steps(double[] thresholds, long[] positives, long[] negatives) {
        int size() { return thresholds.length; }

        double allPositives() { return size() == 0 ? 0 : positives[size() - 1]; }

        double allNegatives() { return size() == 0 ? 0 : negatives[size() - 1]; }

        double auroc() {
            double area = 0;
            for (int i = 0; i < size(); i++) {
                double before = i == 0 ? 0 : positives[i - 1];
                area += (negatives[i] - (i == 0 ? 0 : negatives[i - 1])) * (before + positives[i]) / 2;
            }
            return area / (allPositives() * allNegatives());
        }

        double averagePrecision() {
            double sum = 0;
            for (int i = 0; i < size(); i++) sum += (positives[i] - (i == 0 ? 0 : positives[i - 1])) * precision(i);
            return sum / allPositives();
        }

        double precision(int i) { return (double) positives[i] / (positives[i] + negatives[i]); }
    }

    private Steps steps(int c) {
        if (c < 0 || c >= classes) throw new IllegalArgumentException("the class has to be in 0 … " + (classes - 1) + ", not " + c);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> rows = checked();
            return steps(rows.get(0).select(1, c), rows.get(1).select(1, c));
        }
    }

    private List<Tensor> checked() {
        List<Tensor> rows = rows();
        long[] wrong = Aten.stack(rows.get(0).isnan().sum(), rows.get(1).gt(1).any(1).sum()).toLongArray();
        if (wrong[0] > 0) throw new IllegalArgumentException(wrong[0] + " scores are NaN");
        if (wrong[1] > 0) throw Inputs.outOfRange("targets", wrong[1], Math.max(2, classes));
        return rows;
    }

    private static Steps steps(Tensor scores, Tensor targets) {
        var sorted = scores.sort(true, 0, true);
        double[] s = sorted.values().toDoubleArray();
        boolean[] positive = targets.indexSelect(0, sorted.indices()).toBooleanArray();
        int distinct = 0, found = 0;
        for (int i = 0; i < s.length; i++) if (i + 1 == s.length || s[i + 1] != s[i]) distinct++;
        var steps = new Steps(new double[distinct], new long[distinct], new long[distinct]);
        for (int i = 0, at = 0; i < s.length; i++) {
            if (positive[i]) found++;
            if (i + 1 < s.length && s[i + 1] == s[i]) continue;
            steps.thresholds[at] = s[i];
            steps.positives[at] = found;
            steps.negatives[at++] = i + 1 - found;
        }
        return steps;
    }

    private double average(Average average, ToDoubleFunction<Steps> area) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> rows = checked();
            if (average == Average.MICRO) return area.applyAsDouble(steps(rows.get(0).flatten(), rows.get(1).flatten()));
            double sum = 0, weights = 0;
            for (int c = 0; c < classes; c++) {
                Steps steps = steps(rows.get(0).select(1, c), rows.get(1).select(1, c));
                double weight = average == Average.WEIGHTED ? steps.allPositives() : 1, its = area.applyAsDouble(steps);
                if (Double.isNaN(its)) continue;
                sum += weight * its;
                weights += weight;
            }
            return sum / weights;
        }
    }

    /** Returns the area under the ROC curve of two classes. */
    public double auroc() { return auroc(Average.MACRO); }

    /**
     * Returns the area under the ROC curve of a class: the probability that one of its examples has a higher score than one of the others,
     * ties counting half.
     */
    public double auroc(int c) {
        return steps(c).auroc();
    }

    /** Returns the average area under the ROC curves, one class against all others. */
    public double auroc(Average average) {
        return average(average, Steps::auroc);
    }

    /** Returns the average precision of two classes. */
    public double averagePrecision() { return averagePrecision(Average.MACRO); }

    /** Returns the average precision of a class, the area under its precision–recall curve as {@code Σ (Rᵢ − Rᵢ₋₁)Pᵢ}. */
    public double averagePrecision(int c) {
        return steps(c).averagePrecision();
    }

    /** Returns the average over classes of the average precision. */
    public double averagePrecision(Average average) {
        return average(average, Steps::averagePrecision);
    }

    /** Returns the ROC curve of a class (0 for two classes): (0, 0) at an infinite threshold, then a point for each distinct score. */
    public List<RocPoint> roc(int c) {
        Steps steps = steps(c);
        var points = new ArrayList<RocPoint>();
        points.add(new RocPoint(Double.POSITIVE_INFINITY, 0, 0));
        for (int i = 0; i < steps.size(); i++)
            points.add(new RocPoint(steps.thresholds[i], steps.negatives[i] / steps.allNegatives(),
                    steps.positives[i] / steps.allPositives()));
        return Collections.unmodifiableList(points);
    }

    /**
     * Returns the precision–recall curve of a class (0 for two classes): precision 1 and recall 0 at an infinite threshold, then a point
     * for each distinct score, highest first.
     */
    public List<PrecisionRecallPoint> precisionRecall(int c) {
        Steps steps = steps(c);
        var points = new ArrayList<PrecisionRecallPoint>();
        points.add(new PrecisionRecallPoint(Double.POSITIVE_INFINITY, 1, 0));
        for (int i = 0; i < steps.size(); i++)
            points.add(new PrecisionRecallPoint(steps.thresholds[i], steps.precision(i), steps.positives[i] / steps.allPositives()));
        return Collections.unmodifiableList(points);
    }
}
