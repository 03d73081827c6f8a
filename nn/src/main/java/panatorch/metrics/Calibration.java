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
 * The calibration of predicted probabilities: their agreement with the observed frequencies. The confidence of an example is its largest
 * probability. Bins divide [0, 1] evenly; a bin includes its lower edge, and the last one also its upper edge. Empty bins do not count.
 * Everything is computed on the tensors' device and read once.
 *
 * <p>
 * The definitions are those of torchmetrics, except that there a confidence of exactly 1 has a bin of its own.
 *
 * @param count N, the number of examples
 * @param accuracy fraction of examples whose most probable class is right
 * @param confidence mean confidence
 * @param nll negative log-likelihood in nats, the mean of −log p(label); infinite if a label has probability 0
 * @param brier the mean of Σ_c (p_c − [c is the label])², in [0, 2] (Brier 1950, Verification of forecasts expressed in terms of
 * probability)
 * @param ece expected calibration error Σ_b n_b/N · |accuracy_b − confidence_b| (Naeini et al., 2015; Guo et al., 2017, arXiv:1706.04599,
 * eq. 3)
 * @param mce maximum calibration error, the largest |accuracy_b − confidence_b| (Guo et al., eq. 5)
 * @param rmsce root mean square calibration error √(Σ_b n_b/N · (accuracy_b − confidence_b)²) (Hendrycks et al., 2019, arXiv:1812.04606)
 * @param adaptiveEce {@code ece} with bins of equally many examples (Nguyen and O'Connor 2015, arXiv:1508.05154); equal confidences keep
 * the examples' order
 * @param classwiseEce mean over classes of the {@code ece} of p_c for "the label is c" (Kull et al., 2019, arXiv:1910.12656)
 * @param reliability bins of the reliability diagram, lowest first
 */
public record Calibration(long count, double accuracy, double confidence, double nll, double brier, double ece, double mce, double rmsce,
        double adaptiveEce, double classwiseEce, List<Bin> reliability) {
    /** The number of elements in one pass over the probabilities, which bounds temporary memory to some hundred megabytes. */
    private static final long CHUNK = 1 << 22;

    /**
     * A bin of the reliability diagram: the number of examples, their mean confidence, and the fraction that is right; both NaN if it is
     * empty.
     */
    public record Bin(double lower, double upper, long count, double confidence, double accuracy) {
        /** Returns |accuracy − confidence|, or 0 for an empty bin. */
        public double gap() {
            return count == 0 ? 0 : Math.abs(accuracy - confidence);
        }
    }

    /** Measures the calibration with 15 bins. */
    public static Calibration of(Tensor probabilities, Tensor labels) {
        return of(probabilities, labels, 15);
    }

    /**
     * Measures the calibration.
     *
     * @param probabilities probabilities [N, C], at least 0, whose rows sum to 1 (within 1e-4, or 1e-2 for half precision)
     * @param labels classes [N], in [0, C)
     * @throws IllegalArgumentException if an argument is out of its range, or there is no example
     */
    public static Calibration of(Tensor probabilities, Tensor labels, int bins) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor p = Inputs.scores("probabilities", probabilities), y = Inputs.classes("labels", labels, p);
            Tensor sums = p.sum(1, false, DType.FLOAT64);
            double tolerance = probabilities.dtype() == DType.FLOAT32 || probabilities.dtype() == DType.FLOAT64 ? 1e-4 : 1e-2;
            Tensor valid = sums.sub(1).abs().le(tolerance).logicalAnd(p.amin(1).ge(0)); // false for NaN
            return of(p, valid, ofLabels(p, y).log(), y, bins);
        }
    }

    /**
     * Measures the calibration of softmax(logits). Unlike with probabilities, no log-likelihood is lost to probabilities that round to 0.
     *
     * @param logits logits [N, C], finite
     */
    public static Calibration ofLogits(Tensor logits, Tensor labels, int bins) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor z = Inputs.scores("logits", logits), y = Inputs.classes("labels", labels, z);
            return of(z.softmax(1), z.isfinite().all(1), ofLabels(z.logSoftmax(1), y), y, bins);
        }
    }

    /**
     * Returns each row's element of its label, [N]. A label out of range takes another class, because such an index is fatal to a CUDA
     * context.
     */
    private static Tensor ofLabels(Tensor rows, Tensor y) {
        return rows.gather(1, y.clamp(0, rows.size(1) - 1).unsqueeze(1)).squeeze(1).to(DType.FLOAT64);
    }

    private static Calibration of(Tensor p, Tensor valid, Tensor logLikelihoods, Tensor y, int bins) {
        if (bins < 1) throw new IllegalArgumentException("the number of bins has to be at least 1, not " + bins);
        long n = p.size(0), classes = p.size(1);
        Device device = p.device();
        var top = p.max(1);
        Tensor hits = top.indices().eq(y).to(DType.FLOAT64), confidences = top.values().to(DType.FLOAT64), at = bin(top.values(), bins);
        Tensor order = top.values().argsort(true, 0), rank = Aten.arange(n, DType.INT64, null, device).mul(bins).floorDivide(n);
        Tensor adaptive = binned(confidences.sub(hits).indexSelect(0, order), rank, bins).abs().sum();
        Tensor squares = zeros(1, device), classwise = zeros(classes * bins, device);
        addClasses(p, y.clamp(0, classes - 1), bins, squares, classwise);
        Tensor brier = squares.sum().sub(ofLabels(p, y).sum().mul(2)).add(n);
        Tensor numbers = Aten.stack(valid.logicalNot().sum().to(DType.FLOAT64), Inputs.outOfRange(y, classes).to(DType.FLOAT64),
                logLikelihoods.sum().neg(), brier, adaptive, classwise.abs().sum().div(classes));
        // the only synchronisation
        double[] all = Aten.cat(numbers, binned(Aten.onesLike(hits), at, bins), binned(confidences, at, bins), binned(hits, at, bins))
                .toDoubleArray();
        if (all[0] > 0)
            throw new IllegalArgumentException((long) all[0] + " of " + n + " rows are not probabilities (at least 0, with sum 1) "
                    + "or, for ofLogits, not finite logits");
        if (all[1] > 0) throw Inputs.outOfRange("labels", (long) all[1], classes);
        var reliability = new ArrayList<Bin>();
        double correct = 0, confidence = 0, ece = 0, mce = 0, squared = 0;
        for (int b = 0; b < bins; b++) {
            double count = all[6 + b], confident = all[6 + bins + b], right = all[6 + 2 * bins + b];
            var bin = new Bin((double) b / bins, (b + 1.0) / bins, (long) count, confident / count, right / count);
            reliability.add(bin);
            correct += right;
            confidence += confident;
            ece += count * bin.gap();
            mce = Math.max(mce, bin.gap());
            squared += count * bin.gap() * bin.gap();
        }
        return new Calibration(n, correct / n, confidence / n, all[2] / n, all[3] / n, ece / n, mce, Math.sqrt(squared / n), all[4] / n,
                all[5] / n, Collections.unmodifiableList(reliability));
    }

    /** Adds Σ p² to {@code squares} [1], and Σ (p_c − [c is the label]) of each class and bin to {@code gaps} [C · bins]. */
    private static void addClasses(Tensor p, Tensor y, int bins, Tensor squares, Tensor gaps) {
        long n = p.size(0), classes = p.size(1), rows = Math.max(1, CHUNK / classes);
        for (long from = 0; from < n; from += rows) {
            try (var scope = Scope.open()) {
                Tensor part = p.narrow(0, from, Math.min(rows, n - from)), own = y.narrow(0, from, part.size(0)).unsqueeze(1);
                Tensor cell = bin(part, bins).add(Aten.arange(classes, DType.INT64, null, p.device()).mul(bins)),
                        value = part.to(DType.FLOAT64);
                squares.add_(value.square().sum());
                gaps.scatterAdd_(0, cell.flatten(), value.flatten());
                Tensor labelled = cell.gather(1, own).flatten();
                gaps.scatterAdd_(0, labelled, Aten.onesLike(labelled, DType.FLOAT64).neg());
            }
        }
    }

    /**
     * Returns the bin of each probability. Edges have the probabilities' own type; torchmetrics first rounds double confidences to single
     * precision.
     */
    private static Tensor bin(Tensor p, int bins) {
        Tensor edges = Aten.linspace(0, 1, bins + 1L, p.dtype(), null, p.device());
        return p.contiguous().bucketize(edges, false, true).sub(1).clamp(0, bins - 1);
    }

    /** Returns the sums of {@code values} [N] in each bin. */
    private static Tensor binned(Tensor values, Tensor bin, int bins) {
        return zeros(bins, values.device()).scatterAdd_(0, bin, values);
    }

    private static Tensor zeros(long size, Device device) { return Torch.zeros(DType.FLOAT64, device, size); }
}
