package panatorch.vision.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/**
 * The best matching is SciPy's, and no other of small matrices is better. SciPy 1.17.1:
 *
 * <pre>
 * from scipy.optimize import linear_sum_assignment
 * linear_sum_assignment([[4, 1, 3], [2, 0, 5], [3, 2, 2]])                # [0, 1, 2], [1, 0, 2]
 * linear_sum_assignment([[7.5, 4, 0, 6], [-1, 3, 2, 9]])                  # [0, 1], [2, 0]
 * linear_sum_assignment([[1, 9], [0.5, 8], [3, 0.25], [0, 7]])            # [2, 3], [1, 0]
 * linear_sum_assignment([[inf, 1, 4], [2, inf, 9], [3, 0, inf]])          # [0, 1, 2], [2, 0, 1]
 * </pre>
 */
@NoTensorLeaks
class LinearSumAssignmentTest {
    private static final double INF = Double.POSITIVE_INFINITY;
    private Scope scope;

    @BeforeEach void open() { scope = Scope.open(); }

    @AfterEach void close() { scope.close(); }

    private static void assertMatching(double[][] cost, long[] rows, long[] columns) {
        var found = LinearSumAssignment.of(Torch.tensor(cost));
        assertThat(found.rows().toLongArray()).containsExactly(rows);
        assertThat(found.columns().toLongArray()).containsExactly(columns);
    }

    @Test void matchings_are_those_of_scipy() {
        assertMatching(new double[][] {{4, 1, 3}, {2, 0, 5}, {3, 2, 2}}, new long[] {0, 1, 2}, new long[] {1, 0, 2});
        assertMatching(new double[][] {{7.5, 4, 0, 6}, {-1, 3, 2, 9}}, new long[] {0, 1}, new long[] {2, 0});
        assertMatching(new double[][] {{1, 9}, {0.5, 8}, {3, 0.25}, {0, 7}}, new long[] {2, 3}, new long[] {1, 0});
        assertMatching(new double[][] {{INF, 1, 4}, {2, INF, 9}, {3, 0, INF}}, new long[] {0, 1, 2}, new long[] {2, 0, 1});
    }

    @Test void no_other_assignment_costs_less() {
        var random = new Random(7);
        for (int trial = 0; trial < 300; trial++) {
            double[][] cost = new double[1 + random.nextInt(6)][1 + random.nextInt(6)];
            // every second matrix has many equal costs
            for (double[] row : cost)
                for (int j = 0; j < row.length; j++)
                    row[j] = trial % 2 == 0 ? random.nextGaussian() : random.nextInt(3);
            var found = LinearSumAssignment.of(Torch.tensor(cost));
            long[] rows = found.rows().toLongArray(), columns = found.columns().toLongArray();
            double sum = 0;
            for (int k = 0; k < rows.length; k++) sum += cost[(int) rows[k]][(int) columns[k]];
            assertThat(rows).isSorted().doesNotHaveDuplicates().hasSize(Math.min(cost.length, cost[0].length));
            assertThat(columns).doesNotHaveDuplicates();
            assertThat(sum).isLessThan(least(cost, 0, 0, Math.max(0, cost.length - cost[0].length)) + 1e-12);
        }
    }

    /** Tries all assignments of the rows from {@code row} on to free columns; {@code spare} rows may stay without one. */
    private static double least(double[][] cost, int row, int taken, int spare) {
        if (row == cost.length) return 0;
        double least = spare > 0 ? least(cost, row + 1, taken, spare - 1) : INF;
        for (int j = 0; j < cost[row].length; j++)
            if ((taken & 1 << j) == 0) least = Math.min(least, cost[row][j] + least(cost, row + 1, taken | 1 << j, spare));
        return least;
    }

    @Test void no_boxes_match_nothing() {
        var none = LinearSumAssignment.of(Torch.zeros(5, 0));
        assertThat(none.rows().shape()).containsExactly(0);
        assertThat(none.rows().dtype()).isEqualTo(DType.INT64);
        assertThat(LinearSumAssignment.of(Torch.zeros(0, 5)).columns().shape()).containsExactly(0);
    }

    @Test void costs_that_allow_no_assignment_are_refused() {
        Tensor cost = Torch.tensor(new double[][] {{INF, 1}, {INF, 2}});
        assertThatThrownBy(() -> LinearSumAssignment.of(cost)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("forbid every complete assignment");
        assertThatThrownBy(() -> LinearSumAssignment.of(Torch.tensor(new double[][] {{Double.NaN}})))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("NaN");
        assertThatThrownBy(() -> LinearSumAssignment.of(Torch.zeros(3))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("matrix");
    }
}
