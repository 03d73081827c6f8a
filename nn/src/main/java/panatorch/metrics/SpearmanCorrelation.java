package panatorch.metrics;

import java.util.List;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Spearman's rank correlation: Pearson's correlation of the ranks of predictions and targets, where equal values share their mean rank
 * (Spearman 1904, The proof and measurement of association between two things). Keeps all predictions and targets until it is closed. For
 * use by one thread at a time.
 */
public final class SpearmanCorrelation extends RowMetric {
    /** Creates a metric without examples. */
    public SpearmanCorrelation() { super(2); }

    /**
     * Adds a batch.
     *
     * @param predictions numbers [N], without NaN
     * @param targets numbers [N], without NaN
     * @throws IllegalArgumentException if the shapes are wrong; NaN is found by {@link #value}
     */
    public void update(Tensor predictions, Tensor targets) {
        Inputs.pairs(predictions, targets);
        if (predictions.dim() != 1)
            throw new IllegalArgumentException("predictions have to be [N], not " + Inputs.describe(predictions));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            add(List.of(predictions.to(DType.FLOAT64), targets.to(predictions.device(), DType.FLOAT64)));
        }
    }

    /**
     * Returns the correlation, in [−1, 1]; NaN if predictions or targets are all equal.
     *
     * @throws IllegalArgumentException if some predictions or targets are NaN
     */
    public double value() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> rows = rows();
            if (hasNaN(rows.get(0)) || hasNaN(rows.get(1)))
                throw new IllegalArgumentException("some predictions or targets are NaN");
            Tensor x = centredRanks(rows.get(0)), y = centredRanks(rows.get(1));
            return x.dot(y).itemDouble() / Math.sqrt(x.dot(x).itemDouble() * y.dot(y).itemDouble());
        }
    }

    private static boolean hasNaN(Tensor t) { return t.isnan().any().itemBoolean(); }

    private static Tensor centredRanks(Tensor t) {
        var distinct = Torch.unique(t);
        Tensor last = distinct.counts().cumsum(0).to(DType.FLOAT64), rank = last.sub(distinct.counts().sub(1).div(2));
        Tensor ranks = rank.indexSelect(0, distinct.inverse());
        return ranks.sub(ranks.mean());
    }
}
