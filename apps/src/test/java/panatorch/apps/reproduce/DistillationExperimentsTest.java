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
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.reproduce.DistillationNetworks.Widths;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;

/** Each experiment on a few images for one epoch: what it reports, not what comes out. */
@NoTensorLeaks
class DistillationExperimentsTest {
    @TempDir
    Path folder;

    private static Report run(String name, @Nullable Path data) throws IOException {
        var lab = new Lab(data, null, false, 1, 1, 30, Device.CPU, Precision.FP32, line -> {}, () -> {});
        return Experiments.ALL.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow().run(lab);
    }

    private void holds(Report report, int rows, int curves) throws IOException {
        Table table = report.table();
        assertThat(table.rows()).hasSize(rows);
        table.rows().forEach((name, row) -> {
            assertThat(row.published()).as(name).containsOnlyKeys(Training.TEST_ERROR);
            assertThat(table.mean(name, Training.TEST_ERROR)).as(name).isBetween(0.0, 100.0);
            assertThat(table.mean(name, Distilling.NLL)).as(name).isPositive();
            assertThat(table.mean(name, Distilling.DIVERGENCE)).as(name).isGreaterThanOrEqualTo(0);
            if (!name.contains("Distillation")) return;
            assertThat(table.mean(name, Distilling.FLOOR)).as(name).isPositive();
            assertThat(table.mean(name, Distilling.EXCESS)).as(name).isPositive();
        });
        assertThat(report.curves()).hasSize(curves).allSatisfy((name, losses) -> assertThat(losses).hasSize(1));
        report.write(folder);
        JsonNode json = new ObjectMapper().readTree(folder.resolve("report.json").toFile());
        assertThat(json.get("variants")).hasSize(rows);
        assertThat(json.at("/settings/test examples").asInt()).isEqualTo(30);
        assertThat(folder.resolve("plot.png")).exists();
    }

    @ParameterizedTest
    @CsvSource({"distill-cifar10-quick, 3, 1", "distill-allconv, 3, 1", "distill-nin, 3, 1", "distill-sets, 4, 3",
        "distill-compression, 9, 4"}) void reports_have_a_row_for_each_prediction_with_what_was_published_of_it(String name, int rows,
                int curves) throws IOException {
        holds(run(name, null), rows, curves);
    }

    @Test void mnist_has_both_networks() throws IOException {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "set PANATORCH_DATA to the folder that holds mnist");
        holds(run("distill-mnist", Path.of(data)), 6, 2);
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
