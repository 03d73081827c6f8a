package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.apps.reproduce.DistillationNetworks.Widths;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;

/** Each experiment on a few images for one epoch: what it reports, not what comes out. */
@NoTensorLeaks
class DistillationExperimentsTest {
    @TempDir
    Path folder;

    private void holds(String name, @Nullable Path data, int rows, int curves) throws IOException {
        Report report = Quick.run(Quick.named(name), Quick.lab(data, 1, 30), folder);
        Findings findings = report.findings();
        assertThat(report.study().variants()).hasSize(rows)
                .allSatisfy(v -> assertThat(v.published()).containsOnlyKeys(Measures.TEST_ERROR));
        for (String variant : findings.variants()) {
            assertThat(findings.mean(variant, Measures.TEST_ERROR)).as(variant).isBetween(0.0, 100.0);
            assertThat(findings.mean(variant, Distilling.NLL)).as(variant).isPositive();
            assertThat(findings.mean(variant, Distilling.DIVERGENCE)).as(variant).isGreaterThanOrEqualTo(0);
            if (findings.curves(variant, Distilling.CURVE).isEmpty()) continue;
            assertThat(findings.mean(variant, Distilling.FLOOR)).as(variant).isPositive();
            assertThat(findings.mean(variant, Distilling.EXCESS)).as(variant).isPositive();
        }
        assertThat(findings.meanCurves(Distilling.CURVE)).hasSize(curves).allSatisfy((variant, losses) -> assertThat(losses).hasSize(1));
        JsonNode json = new ObjectMapper().readTree(folder.resolve(Report.JSON).toFile());
        assertThat(json.get("variants")).hasSize(rows);
        assertThat(json.at("/settings/test examples").asInt()).isEqualTo(30);
        assertThat(folder.resolve(Report.CURVES)).exists();
        assertThat(folder.resolve("running")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"distill-cifar10-quick, 3, 1", "distill-allconv, 3, 1", "distill-nin, 3, 1", "distill-sets, 4, 3",
        "distill-compression, 9, 4"}) void reports_have_a_row_for_each_prediction_with_what_was_published_of_it(String name, int rows,
                int curves) throws IOException {
        holds(name, null, rows, curves);
    }

    @Test void mnist_has_both_networks() throws IOException {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "set PANATORCH_DATA to the folder that holds mnist");
        holds("distill-mnist", Path.of(data), 6, 2);
    }

    @Test void parameters_are_counted_as_the_figure_counts_them() {
        try (Module net = Widths.PUBLISHED.network(10, 0.5)) {
            assertThat(Widths.PUBLISHED.parameters()).isEqualTo(145_578)
                    .isEqualTo((int) net.parameters().stream().mapToLong(t -> t.numel()).sum());
        }
        int[] units = {56, 48, 40, 32, 24, 16, 8};
        List<Double> percent = List.of(94.3, 88.6, 82.9, 77.2, 71.6, 65.9, 60.2);
        for (int i = 0; i < units.length; i++)
            assertThat(100.0 * Widths.PUBLISHED.penultimate(units[i]).parameters() / 145_578).isCloseTo(percent.get(i), within(0.05));
    }
}
