package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.fuzz.Operators.Report;

/** Legal calls with the values of diverged models, each kind in a process that ended or hung before. */
class DivergedValuesTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static List<String> lines(String name) throws Exception {
        var child = ChildJvm.run(DivergedCalls.class, LIMIT, "-Dcase=" + name, "-XX:-CreateCoredumpOnCrash");
        assertThat(child.status()).as(child.output()).isZero();
        List<String> lines = child.output().lines().filter(l -> !l.startsWith(" ** On entry to")).toList();
        assertThat(lines.getLast()).isEqualTo("END");
        return lines.subList(0, lines.size() - 1);
    }

    @Test void eigenvalues_of_infinities_and_NaN_are_refused_however_they_are_asked_for() throws Exception {
        assertThat(lines("eigenvalues")).hasSize(3 * 2 * 13 * 5).allSatisfy(
                l -> assertThat(l).matches(".* refused: .*: torch.linalg.eig(vals)?: input tensor should not contain infs or NaNs\\."));
    }

    @Test void singular_values_of_infinities_are_refused_by_all_that_computes_them() throws Exception {
        assertThat(lines("singular-values")).hasSize(9 * 3 * 6).allSatisfy(l -> assertThat(l)
                .endsWith("linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."));
    }

    @Test void least_squares_of_infinities_by_singular_values_are_refused() throws Exception {
        assertThat(lines("least-squares")).hasSize(9 * 4).allSatisfy(l -> assertThat(l)
                .matches(".*torch.linalg.lstsq: the input matrix contains infs or NaNs, with which driver gels[ds] may never return\\."));
    }

    @Test void infinitely_many_trials_are_refused() throws Exception {
        assertThat(lines("binomial")).hasSize(2)
                .allSatisfy(l -> assertThat(l).endsWith("binomial: count should not contain infs or NaNs."));
    }

    /** PyTorch's numbers, of a build and a size that do not crash: 2 · 31 · 3 points see the border or nothing. */
    @Test void gradients_at_points_that_are_nowhere_are_NaN_and_those_at_the_border_as_in_PyTorch() throws Exception {
        List<String> lines = lines("grid");
        assertThat(lines).hasSize(2 * 3 * 9);
        for (String dtype : List.of("float32", "float64")) {
            assertThat(lines).contains(dtype + " NaN 0 1: NaN NaN", dtype + " NaN 0 2: NaN NaN", dtype + " Infinity 0 2: NaN NaN",
                    dtype + " Infinity 0 1: 0.0 186.0", dtype + " NaN 0 0: NaN 0.0",
                    dtype + " Infinity 1 2: 0.0 186.0", dtype + " NaN 1 1: 0.0 186.0", dtype + " 3.0E38 0 1: 0.0 186.0");
        }
    }

    @Test void labels_that_are_no_classes_are_refused_unless_they_lie_behind_their_targets_end() throws Exception {
        List<String> lines = lines("labels");
        assertThat(lines.stream().filter(l -> l.startsWith("behind")).toList()).hasSize(5).allMatch(l -> l.equals("behind false"));
        assertThat(lines.stream().filter(l -> !l.startsWith("behind")).toList()).hasSize(15).allSatisfy(
                l -> assertThat(l)
                        .matches(".*ctc_loss: label -?\\d+ of target 1 is out of range: there are 5 classes, numbered from 0 to 4\\."));
    }

    @Test void the_gradient_of_no_distances_is_empty() throws Exception {
        assertThat(new TreeSet<>(lines("pdist"))).containsExactly("gradient tensor([], size=(0, 3))",
                "gradient tensor([], size=(0, 3), dtype=torch.float64)");
    }

    @Test void tensors_of_onednn_of_any_type_become_zeros() throws Exception {
        assertThat(lines("onednn")).containsExactly("bfloat16 0.0 0.0", "int8 0.0 0.0", "uint8 0.0 0.0", "float32 0.0 0.0");
    }

    @Test void a_range_of_numbers_that_no_bin_moves_is_refused() throws Exception {
        List<String> lines = lines("quantisation");
        assertThat(lines).hasSize(2).last().asString().endsWith(
                "the numbers from 1000.0 to 1000.001 are too close together for 200 bins; subtract their mean, or take fewer bins");
    }

    /** The checks stand in front of kernels that compute as before. */
    @Test void healthy_numbers_pass() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.tensor(new double[] {2, 1, 1, 2}, 2, 2);
            assertThat(Aten.viewAsReal(Linalg.eigvals(a)).select(-1, 0).sort().values().toDoubleArray())
                    .containsExactly(new double[] {1, 3}, within(1e-12));
            assertThat(Linalg.svdvals(a).toDoubleArray()).containsExactly(new double[] {3, 1}, within(1e-12));
            assertThat(Linalg.svdvals(a.mul(1e300)).toDoubleArray()).containsExactly(new double[] {3e300, 1e300}, within(1e288));
            var solved = Operators.call("aten::linalg_lstsq", a, Torch.tensor(new double[] {3, 3}, 2, 1), 1e-3, "gelsd");
            assertThat(((Tensor) solved.getFirst()).flatten(0, 1).toDoubleArray()).containsExactly(new double[] {1, 1}, within(1e-12));
            assertThat(Aten.binomial(Torch.full(new long[] {5}, 7.0), Torch.ones(5)).toFloatArray()).containsOnly(7f);
            // one label in three steps of four classes: six of 64 paths
            Tensor uniform = Torch.full(new long[] {3, 1, 4}, Math.log(0.25), DType.FLOAT64);
            assertThat(Aten.ctcLoss(uniform, Torch.tensor(new long[] {2}, 1, 1), new long[] {3}, new long[] {1}).itemDouble())
                    .isCloseTo(-Math.log(6 / 64.0), within(1e-12));
            Tensor x = Torch.tensor(new double[] {0, 3, 4, 0}, 2, 2).requiresGrad_(true);
            Aten.pdist(x, 2).sum().backward();
            assertThat(x.grad().flatten(0, 1).toDoubleArray()).containsExactly(new double[] {-0.8, 0.6, 0.8, -0.6}, within(1e-12));
        }
    }

    @Test
    @Timeout(400)
    @EnabledOnOs(OS.LINUX) void legal_calls_with_the_values_of_diverged_models_return_or_say_what_is_wrong(@TempDir Path folder)
            throws Exception {
        Report report = panatorch.fuzz.Operators.run("--diverged", 42, 1000, folder);
        assertThat(report.crashes()).isEmpty();
        assertThat(report.late()).isEmpty();
        assertThat(report.slow()).isEmpty();
        assertThat(report.unexpected()).isEmpty();
        assertThat(report.returned()).isGreaterThan(500);
        assertThat(report.calls() + report.skipped()).isEqualTo(1000);
    }
}
