package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.datasets.ChannelStats;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.Item;
import panatorch.datasets.Schema;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm;
import panatorch.nn.Module;

/** Each experiment on a few images for one epoch: what it reports, not what comes out; and the table it reports in. */
@NoTensorLeaks
class MultiSampleExperimentsTest {
    @TempDir
    Path folder;

    private Report run(String name, int epochs) throws IOException {
        return Quick.run(Quick.named(name), Quick.lab(null, epochs, 8), folder);
    }

    @ParameterizedTest
    @CsvSource({"msd-samples, 8", "msd-rates, 10", "msd-flip, 3", "msd-duplication, 3",
        "msd-vgg16, 5"}) void reports_have_a_row_and_a_curve_for_each_variant(String name, int rows) throws IOException {
        Report report = run(name, 1);
        Findings findings = report.findings();
        assertThat(findings.variants()).hasSize(rows);
        for (String variant : findings.variants()) {
            assertThat(findings.mean(variant, Measures.TRAIN_LOSS)).as(variant).isPositive();
            assertThat(findings.mean(variant, Measures.TEST_ERROR)).as(variant).isBetween(0.0, 100.0);
            assertThat(findings.mean(variant, Measures.STEP_TIME)).as(variant).isPositive();
        }
        for (String curve : List.of(Measures.TRAIN_LOSS, Measures.TEST_LOSS))
            assertThat(findings.meanCurves(curve)).hasSize(rows).allSatisfy((variant, losses) -> assertThat(losses).hasSize(1));
        JsonNode json = new ObjectMapper().readTree(folder.resolve(Report.JSON).toFile());
        assertThat(json.get("variants")).hasSize(rows);
        assertThat(json.get("missing")).isEmpty();
        assertThat(json.at("/settings/train examples").asInt()).isEqualTo(8);
        assertThat(Files.readString(folder.resolve(Report.MARKDOWN))).contains("Inoue 2019");
        assertThat(folder.resolve(Report.CURVES)).exists();
    }

    /** The equivalence by which the paper explains its method: the same masks for the same rows, and so the same network. */
    @Test void eight_samples_train_to_what_a_minibatch_repeated_eight_times_does() throws IOException {
        Findings findings = run("msd-duplication", 2).findings();
        assertThat(findings.mean("M=8", Measures.TRAIN_LOSS))
                .isCloseTo(findings.mean("minibatch repeated 8 times", Measures.TRAIN_LOSS), within(0.02));
    }

    @Test void a_chosen_set_lends_images_of_all_its_classes() throws IOException {
        var rgb =
                new Lab.Choice("ten colours", () -> new ClassByClass(ChannelStats.IMAGENET), () -> new ClassByClass(ChannelStats.IMAGENET));
        Lab lab = Quick.lab(null, rgb, 1, 10, () -> {});
        Images images = Images.chosen(lab, 10, 5);
        assertThat(IntStream.range(0, 10).map(images.train()::label)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        images.close();
        assertThat(Quick.run(Quick.named("msd-vgg16"), lab, folder).study().settings()).containsEntry("set", "ten colours");
        var grey = new Lab.Choice("greys", () -> new ClassByClass(ChannelStats.grey(0.5, 0.5)),
                () -> new ClassByClass(ChannelStats.grey(0.5, 0.5)));
        assertThatThrownBy(() -> Images.chosen(Quick.lab(null, grey, 1, 10, () -> {}), 10, 5))
                .isInstanceOf(DatasetException.class).hasMessageContaining("three channels, which greys has not");
    }

    @Test void a_set_that_is_not_there_is_asked_for() {
        assertThatThrownBy(() -> Quick.named("msd-cifar100-resnet56-onecycle").open(Quick.lab(null, 1, 8)))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("--data DIR");
    }

    @Test void networks_of_2019_begin_with_the_scales_of_their_time() {
        Torch.manualSeed(0);
        try (Module net = Networks.uniformScales(Networks.miniResNetTrunk())) {
            List<Tensor> scales = net.modules().stream().filter(BatchNorm.class::isInstance).map(m -> ((BatchNorm) m).weight())
                    .toList();
            assertThat(scales).hasSize(20).allSatisfy(s -> {
                assertThat(s.min().itemDouble()).isBetween(0.0, 0.2);
                assertThat(s.max().itemDouble()).isBetween(0.8, 1.0);
            });
        }
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
