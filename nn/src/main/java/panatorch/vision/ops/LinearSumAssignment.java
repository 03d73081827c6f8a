package panatorch.vision.ops;

import java.util.Arrays;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * An assignment of rows to columns with the least sum of costs, as {@code scipy.optimize.linear_sum_assignment} finds it: the bipartite
 * matching of predictions and true boxes in DETR and its successors (Carion et al. 2020, arXiv:2005.12872, equation 1).
 *
 * <pre>{@code
 * var matched = LinearSumAssignment.of(cost);                                  // cost [queries, boxes]
 * Tensor loss = F.l1Loss(predicted.get(matched.rows()), boxes.get(matched.columns()));
 * }</pre>
 *
 * <p>
 * Computed in Java in float64 by shortest augmenting paths (Kuhn 1955, Munkres 1957, in the form of Jonker and Volgenant 1987), in
 * O(R·C·min(R, C)) steps. Of several assignments with the same sum it may choose another than SciPy. Costs on a GPU are copied to the CPU.
 * No gradients.
 *
 * @param rows int64 [min(R, C)], the assigned rows in ascending order, on the device of the costs; owned by the scope that is open
 * @param columns int64 [min(R, C)], the column of each of these rows
 */
public record LinearSumAssignment(Tensor rows, Tensor columns) {
    /**
     * Finds the assignment with the least sum.
     *
     * @param cost real numbers [R, C]; positive infinity forbids a pair
     * @throws IllegalArgumentException if the costs are no matrix, contain NaN or negative infinity, or forbid every complete assignment
     */
    public static LinearSumAssignment of(Tensor cost) {
        if (cost.dim() != 2) throw new IllegalArgumentException("costs must be a matrix [rows, columns], not " + cost.describe());
        boolean tall = cost.size(0) > cost.size(1);
        int n = Math.toIntExact(Math.min(cost.size(0), cost.size(1))), m = Math.toIntExact(Math.max(cost.size(0), cost.size(1)));
        int[] rowOf = n == 0 ? new int[0] : assign(numbers(cost, tall), n, m);
        long[] rows = new long[n], columns = new long[n];
        int next = 0;
        for (int j = 0; j < rowOf.length; j++) {
            if (rowOf[j] < 0) continue;
            int place = tall ? next++ : rowOf[j];
            rows[place] = tall ? j : rowOf[j];
            columns[place] = tall ? rowOf[j] : j;
        }
        return new LinearSumAssignment(Torch.tensor(rows).to(cost.device()), Torch.tensor(columns).to(cost.device()));
    }

    /** Returns the costs, row by row, of the matrix that has no more rows than columns. */
    private static double[] numbers(Tensor cost, boolean tall) {
        double[] numbers;
        try (var scope = Scope.open()) {
            numbers = (tall ? cost.detach().t() : cost.detach()).to(DType.FLOAT64).toDoubleArray();
        }
        for (double c : numbers)
            if (Double.isNaN(c) || c == Double.NEGATIVE_INFINITY)
                throw new IllegalArgumentException("costs must be numbers or positive infinity, but one is " + c);
        return numbers;
    }

    /** Returns the row of each column, or -1; n ≤ m. Rows enter one at a time, each by a shortest path of reduced costs. */
    private static int[] assign(double[] cost, int n, int m) {
        double[] u = new double[n], v = new double[m], distance = new double[m];
        int[] row = new int[m], before = new int[m];
        Arrays.fill(row, -1);
        for (int start = 0; start < n; start++) {
            Arrays.fill(distance, Double.POSITIVE_INFINITY);
            boolean[] done = new boolean[m];
            double reached = 0;
            int i = start, last = -1;
            while (true) {
                int nearest = -1;
                for (int j = 0; j < m; j++) if (!done[j]) {
                    double through = reached + cost[i * m + j] - u[i] - v[j];
                    if (through < distance[j]) {
                        distance[j] = through;
                        before[j] = last;
                    }
                    if (nearest < 0 || distance[j] < distance[nearest] || distance[j] == distance[nearest] && row[j] < 0) nearest = j;
                }
                reached = distance[nearest];
                if (reached == Double.POSITIVE_INFINITY)
                    throw new IllegalArgumentException("infinite costs forbid every complete assignment of " + n + " by " + m);
                done[nearest] = true;
                last = nearest;
                if (row[nearest] < 0) break;
                i = row[nearest];
            }
            u[start] += reached;
            for (int j = 0; j < m; j++) if (done[j] && j != last) {
                u[row[j]] += reached - distance[j];
                v[j] -= reached - distance[j];
            }
            // The path's columns take the row before them.
            for (int j = last; j >= 0; j = before[j]) row[j] = before[j] < 0 ? start : row[before[j]];
        }
        return row;
    }
}
