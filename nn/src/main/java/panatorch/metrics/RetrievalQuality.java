package panatorch.metrics;

import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The quality of rankings of documents for queries, as means over the queries. A query without a relevant document counts as 0. Among equal
 * scores, documents keep the order in which they were added; only {@link #ndcg} takes the mean over their orders, as scikit-learn does.
 *
 * <p>
 * Keeps all scores until it is closed. For use by one thread at a time.
 */
public final class RetrievalQuality extends RowMetric {
    /** Creates a metric without documents. */
    public RetrievalQuality() { super(3); }

    /**
     * Adds documents. Those of a query may be in several batches.
     *
     * @param scores scores [N], floating-point and without NaN
     * @param relevance relevance [N] of the documents, bool or numbers of at least 0. A document is relevant if it is above 0
     * @param queries number [N] of each document's query, any whole numbers
     * @throws IllegalArgumentException if shapes or types are wrong; wrong values are found when a result is asked for
     */
    public void update(Tensor scores, Tensor relevance, Tensor queries) {
        Inputs.pairs(scores, relevance);
        if (scores.dim() != 1 || !scores.dtype().isFloatingPoint())
            throw new IllegalArgumentException("scores have to be floating-point numbers [N], not " + Inputs.describe(scores));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            add(List.of(Inputs.full(scores), relevance.to(scores.device(), DType.FLOAT64), Inputs.classes("queries", queries, scores)));
        }
    }

    @FunctionalInterface
    private interface Score {
        /** Scores a query by its documents, highest score first. */
        double of(double[] scores, double[] relevance);
    }

    private double mean(Score score) {
        double[] scores, relevance;
        long[] queries;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> rows = rows();
            Tensor wrong = Aten.stack(rows.get(0).isnan().sum(), rows.get(1).ge(0).logicalNot().sum());
            long[] counts = wrong.toLongArray();
            if (counts[0] > 0) throw new IllegalArgumentException(counts[0] + " scores are NaN");
            if (counts[1] > 0) throw new IllegalArgumentException(counts[1] + " relevances are negative or NaN");
            Tensor byScore = rows.get(0).sort(true, 0, true).indices();
            Tensor order = byScore.indexSelect(0, rows.get(2).indexSelect(0, byScore).sort(true, 0, false).indices());
            scores = rows.get(0).indexSelect(0, order).toDoubleArray();
            relevance = rows.get(1).indexSelect(0, order).toDoubleArray();
            queries = rows.get(2).indexSelect(0, order).toLongArray();
        }
        double sum = 0;
        int count = 0;
        for (int from = 0, to; from < queries.length; from = to) {
            to = from + 1;
            while (to < queries.length && queries[to] == queries[from]) to++;
            sum += score.of(Arrays.copyOfRange(scores, from, to), Arrays.copyOfRange(relevance, from, to));
            count++;
        }
        return sum / count;
    }

    private static int first(double[] relevance, int k) { return Math.min(k, relevance.length); }

    private static double relevant(double[] relevance, int k) {
        return Arrays.stream(relevance).limit(first(relevance, k)).filter(r -> r > 0).count();
    }

    private static int positive(int k) {
        if (k < 1) throw new IllegalArgumentException("k has to be at least 1, not " + k);
        return k;
    }

    /** Returns the mean reciprocal rank of the first relevant document. */
    public double meanReciprocalRank() {
        return mean((scores, relevance) -> {
            for (int i = 0; i < relevance.length; i++) if (relevance[i] > 0) return 1.0 / (i + 1);
            return 0;
        });
    }

    /** Returns the mean average precision: for each query, the mean of the precisions at its relevant documents. */
    public double meanAveragePrecision() {
        return mean((scores, relevance) -> {
            double sum = 0, found = 0;
            for (int i = 0; i < relevance.length; i++) if (relevance[i] > 0) sum += ++found / (i + 1);
            return found == 0 ? 0 : sum / found;
        });
    }

    /** Returns the mean fraction of k places that the first k documents fill with relevant ones. */
    public double precision(int k) {
        double places = positive(k);
        return mean((scores, relevance) -> relevant(relevance, k) / places);
    }

    /** Returns the mean fraction of the relevant documents that are among the first k. */
    public double recall(int k) {
        positive(k);
        return mean((scores, relevance) -> {
            double all = relevant(relevance, relevance.length);
            return all == 0 ? 0 : relevant(relevance, k) / all;
        });
    }

    /** Returns the fraction of queries that have a relevant document among the first k. */
    public double hitRate(int k) {
        positive(k);
        return mean((scores, relevance) -> relevant(relevance, k) > 0 ? 1 : 0);
    }

    /** Returns {@link #ndcg(int)} of all documents. */
    public double ndcg() { return ndcg(Integer.MAX_VALUE); }

    /**
     * Returns the normalised discounted cumulative gain of the first k documents: {@code Σ relevance/log₂(1 + rank)}, divided by that of
     * the best order (Järvelin and Kekäläinen 2002, Cumulated gain-based evaluation of IR techniques).
     */
    public double ndcg(int k) {
        positive(k);
        return mean((scores, relevance) -> {
            double gain = 0;
            for (int from = 0, to; from < scores.length; from = to) {
                double sum = 0, discounts = 0;
                for (to = from; to < scores.length && scores[to] == scores[from]; to++) {
                    sum += relevance[to];
                    discounts += discount(to, k);
                }
                gain += sum / (to - from) * discounts;
            }
            double[] best = relevance.clone();
            Arrays.sort(best);
            double ideal = 0;
            for (int i = 0; i < best.length; i++) ideal += best[best.length - 1 - i] * discount(i, k);
            return ideal == 0 ? 0 : gain / ideal;
        });
    }

    private static double discount(int i, int k) { return i < k ? Math.log(2) / Math.log(i + 2) : 0; }
}
