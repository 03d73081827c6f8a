package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.datasets.ChannelStats;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.Item;
import panatorch.datasets.Schema;
import panatorch.junit.NoTensorLeaks;

/** Each experiment on a few images for one epoch: what it reports, not what comes out; and the table it reports in. */
@NoTensorLeaks
class MultiSampleExperimentsTest {
    @TempDir
    Path folder;

    private static Lab lab(int epochs) {
        return new Lab(null, null, false, 1, epochs, 8, Device.CPU, Precision.FP32, line -> {}, () -> {});
    }

    private static Experiment named(String name) {
        return Experiments.ALL.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"msd-samples, 8", "msd-rates, 10", "msd-flip, 3", "msd-duplication, 3",
        "msd-vgg16, 5"}) void reports_have_a_row_and_a_curve_for_each_variant(String name, int rows) throws IOException {
        Report report = named(name).run(lab(1));
        assertThat(report.table().rows()).hasSize(rows);
        report.table().rows().keySet().forEach(variant -> {
            assertThat(report.table().mean(variant, Training.TRAIN_LOSS)).as(variant).isPositive();
            assertThat(report.table().mean(variant, Training.TEST_ERROR)).as(variant).isBetween(0.0, 100.0);
            assertThat(report.table().mean(variant, Training.STEP_TIME)).as(variant).isPositive();
        });
        assertThat(report.curves()).hasSize(rows).allSatisfy((variant, losses) -> assertThat(losses).hasSize(1));
        report.write(folder);
        JsonNode json = new ObjectMapper().readTree(folder.resolve("report.json").toFile());
        assertThat(json.get("variants")).hasSize(rows);
        assertThat(json.at("/settings/train examples").asInt()).isEqualTo(8);
        assertThat(Files.readString(folder.resolve("report.md"))).contains("Inoue 2019");
        assertThat(folder.resolve("plot.png")).exists();
    }

    /** The equivalence by which the paper explains its method: the same masks for the same rows, and so the same network. */
    @Test void eight_samples_train_to_what_a_minibatch_repeated_eight_times_does() throws IOException {
        Table table = named("msd-duplication").run(lab(2)).table();
        assertThat(table.mean("M=8", Training.TRAIN_LOSS)).isCloseTo(table.mean("minibatch repeated 8 times", Training.TRAIN_LOSS),
                within(0.02));
    }

    @Test void a_chosen_set_lends_images_of_all_its_classes() throws IOException {
        var rgb =
                new Lab.Choice("ten colours", () -> new ClassByClass(ChannelStats.IMAGENET), () -> new ClassByClass(ChannelStats.IMAGENET));
        var lab = new Lab(null, rgb, false, 1, 1, 10, Device.CPU, Precision.FP32, line -> {}, () -> {});
        Images images = Images.chosen(lab, 10, 5);
        assertThat(IntStream.range(0, 10).map(images.train()::label)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        images.close();
        assertThat(named("msd-vgg16").run(lab).settings()).containsEntry("set", "ten colours");
        var grey = new Lab.Choice("greys", () -> new ClassByClass(ChannelStats.grey(0.5, 0.5)),
                () -> new ClassByClass(ChannelStats.grey(0.5, 0.5)));
        assertThatThrownBy(
                () -> Images.chosen(new Lab(null, grey, false, 1, 1, 10, Device.CPU, Precision.FP32, line -> {}, () -> {}), 10, 5))
                .isInstanceOf(DatasetException.class).hasMessageContaining("three channels, which greys has not");
    }

    @Test void a_set_that_is_not_there_is_asked_for() {
        assertThatThrownBy(() -> named("msd-cifar100-resnet56-onecycle").run(lab(1))).isInstanceOf(DatasetException.class)
                .hasMessageContaining("--data DIR");
    }

    @Test void a_table_has_means_and_deviations_beside_what_was_published() {
        var table = new Table();
        table.row("a", Map.of("error", 2.0));
        table.row("b", Map.of());
        for (double v : new double[] {1, 2, 6}) table.add("a", "error", v);
        table.add("b", "error", 6);
        table.relative("error", "a", "of a");
        assertThat(table.mean("a", "error")).isEqualTo(3);
        assertThat(table.sd("a", "error")).isCloseTo(Math.sqrt(7), within(1e-12));
        assertThat(table.mean("b", "of a")).isEqualTo(6);
        assertThat(table.markdown().lines().skip(2)).containsExactly("| a | 3.000 ± 2.646 | 2.000 | 1.000 ± 0.000 |",
                "| b | 6.000 |  | 6.000 |");
    }

    @Test void a_goal_between_two_epochs_is_reached_between_them() {
        assertThat(MultiSampleExperiments.epochsTo(new double[] {4, 2, 1}, 3)).isEqualTo(1.5);
        assertThat(MultiSampleExperiments.epochsTo(new double[] {4, 2, 1}, 5)).isEqualTo(1);
        assertThat(MultiSampleExperiments.epochsTo(new double[] {4, 2, 1}, 0.5)).isNaN();
    }

    /** Two images of each of ten classes, class after class. */
    private record ClassByClass(ChannelStats pixels) implements Dataset {
        @Override public int size() { return 20; }

        @Override public Schema schema() {
            return Schema.images(pixels.mean().size(), 32, 32, pixels, IntStream.range(0, 10).mapToObj(i -> "colour " + i).toList());
        }

        @Override public void read(int index, Item item) {
            item.field(0).fill((byte) (12 * index));
            item.set(1, index / 2);
        }
    }
}
