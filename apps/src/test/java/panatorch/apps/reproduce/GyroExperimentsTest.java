package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class GyroExperimentsTest {
    @TempDir
    Path folder;

    private Report run(String name, @Nullable Path data, int examples, int epochs) throws IOException {
        return Quick.run(Quick.named(name), Quick.lab(data, epochs, examples), folder);
    }

    @ParameterizedTest
    @CsvSource({"gyro-lenet,4", "gyro-alexnet,4",
        "gyro-resnet18,2"}) void one_step_trains_one_selection_and_the_published_arithmetic_is_left_out(String name, int concurrent)
                throws IOException {
        Report report = run(name, null, 16, 1);
        assertThat(report.findings().variants()).containsExactly("no dropout", "dropout", "gyro");
        assertThat(report.findings().mean("gyro", Subnetworks.TRAINED)).isEqualTo(concurrent);
        assertThat(report.study().notes()).anySatisfy(note -> assertThat(note).contains("1 steps are too few"));
        for (String variant : report.findings().variants()) {
            assertThat(report.findings().mean(variant, "random: disagree %")).isBetween(0.0, 100.0);
            assertThat(report.findings().mean(variant, Subnetworks.FULL) + report.findings().mean(variant, Measures.TEST_ERROR)).isCloseTo(
                    100,
                    org.assertj.core.data.Offset.offset(1e-3));
        }
    }

    @Test void enough_steps_train_all_subnetworks_of_a_permutation_and_fewer_of_the_published_draws() throws IOException {
        Report report = run("gyro-lenet", null, 4, 64);
        assertThat(report.findings().mean("gyro", Subnetworks.TRAINED)).isEqualTo(64);
        assertThat(report.findings().mean("gyro (authors' draws)", Subnetworks.TRAINED)).isBetween(16.0, 64.0);
        assertThat(Files.readString(folder.resolve(Report.MARKDOWN))).contains("| gyro (authors' draws) |", "trained: ensemble %",
                "step ÷ dropout");
        assertThat(folder.resolve(Report.JSON)).isNotEmptyFile();
        assertThat(folder.resolve(Report.CURVES)).isNotEmptyFile();
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "PANATORCH_DATA", matches = ".+",
            disabledReason = "PANATORCH_DATA is not set") void subnetworks_of_an_encoder_are_masks_of_all_its_layers()
                    throws IOException {
        Report report = run("gyro-bert", Path.of(System.getenv("PANATORCH_DATA")), 64, 3);
        assertThat(report.findings().variants()).containsExactly("no dropout", "dropout", "gyro");
        assertThat(report.findings().mean("gyro", Subnetworks.TRAINED)).isEqualTo(12); // six steps of two
        assertThat(report.findings().mean("gyro", "trained: one %")).isBetween(0.0, 100.0);
    }
}
