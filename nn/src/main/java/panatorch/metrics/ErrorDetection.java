package panatorch.metrics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The ability of an uncertainty score (an entropy, a mutual information, 1 − confidence) to separate errors from right predictions, or
 * out-of-distribution examples from known ones (Hendrycks and Gimpel 2017, arXiv:1610.02136). Errors are the positives and should have the
 * higher scores. Equal scores are one threshold, as in scikit-learn. The scores are sorted on their device and read once.
 *
 * @param count N, the number of examples
 * @param errors number of wrong predictions
 * @param auroc area under the ROC curve: the probability that an error has a higher score than a right prediction, ties counting half; NaN
 * if there are only errors or none
 * @param aupr area under the precision–recall curve, computed as scikit-learn's average precision Σ (R_i − R_{i−1}) P_i; NaN if there are
 * no errors
 * @param aurc area under the risk–coverage curve: the mean over k of the fraction of errors among the k least uncertain examples (Geifman
 * et al., 2019, arXiv:1805.08206); for equal scores, the expectation over their orders
 * @param riskCoverage the curve, a point for each threshold, the least uncertain first; the last one accepts all
 */
public record ErrorDetection(long count, long errors, double auroc, double aupr, double aurc, List<Point> riskCoverage) {
    /**
     * A point of the curve: the fraction of examples with a score of at most {@code threshold}, and the fraction of errors among them.
     */
    public record Point(double threshold, double coverage, double risk) {}

    /**
     * Measures the detection of errors.
     *
     * @param uncertainty scores [N], floating-point, without NaN
     * @param wrong errors [N] bool, true where the prediction is wrong
     * @throws IllegalArgumentException if shapes, types or values are wrong, or there is no example
     */
    public static ErrorDetection of(Tensor uncertainty, Tensor wrong) {
        requireScores("uncertainties", uncertainty);
        if (wrong.dtype() != DType.BOOL || wrong.dim() != 1 || wrong.size(0) != uncertainty.size(0))
            throw new IllegalArgumentException("errors have to be bool [" + uncertainty.size(0) + "], as many as uncertainties, not "
                    + Inputs.describe(wrong));
        if (uncertainty.numel() == 0) throw new IllegalArgumentException("there are no examples");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var sorted = uncertainty.sort(true, 0, false);
            Tensor order = sorted.indices();
            return of(sorted.values().toDoubleArray(), wrong.to(uncertainty.device()).indexSelect(0, order).toBooleanArray());
        }
    }

    /**
     * Measures the detection of examples of another distribution, by scores [N] of known and [M] of other examples, at least one of each.
     */
    public static ErrorDetection outOfDistribution(Tensor inside, Tensor outside) {
        requireScores("scores inside", inside);
        requireScores("scores outside", outside);
        try (var scope = Scope.open()) {
            Device device = inside.device();
            Tensor wrong = Aten.cat(Torch.zeros(DType.BOOL, device, inside.size(0)), Torch.ones(DType.BOOL, device, outside.size(0)));
            return of(Aten.cat(inside, outside.to(device)), wrong);
        }
    }

    private static void requireScores(String what, Tensor scores) {
        if (scores.dim() != 1 || !scores.dtype().isFloatingPoint())
            throw new IllegalArgumentException(what + " have to be floating-point numbers [N], not " + Inputs.describe(scores));
    }

    /** Computes the figures from scores in ascending order, with NaN last. */
    private static ErrorDetection of(double[] scores, boolean[] wrong) {
        int n = scores.length, errors = 0;
        if (Double.isNaN(scores[n - 1])) throw new IllegalArgumentException("some uncertainties are NaN");
        for (boolean w : wrong) if (w) errors++;
        var curve = new ArrayList<Point>();
        double pairs = 0, precision = 0, risks = 0;
        int below = 0; // errors among the examples before the current ones
        for (int from = 0, to; from < n; from = to) {
            int tied = 0; // errors among the examples of this score
            for (to = from; to < n && scores[to] == scores[from]; to++) if (wrong[to]) tied++;
            double right = to - from - tied;
            pairs += tied * (from - below + right / 2);
            precision += tied * (double) (errors - below) / (n - from);
            for (int i = 1; i <= to - from; i++) risks += (below + (double) tied * i / (to - from)) / (from + i);
            below += tied;
            curve.add(new Point(scores[from], (double) to / n, (double) below / to));
        }
        return new ErrorDetection(n, errors, pairs / ((double) errors * (n - errors)), precision / errors, risks / n,
                Collections.unmodifiableList(curve));
    }
}
