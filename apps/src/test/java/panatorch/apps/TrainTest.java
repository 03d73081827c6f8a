package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.apps.options.OptimizerName;
import panatorch.apps.options.ScheduleName;
import panatorch.junit.NoTensorLeaks;

/** Small runs on the synthetic set, from the command line to the files. */
@NoTensorLeaks
class TrainTest {
    private static final String TINY = "train --limit-train 192 --limit-test 100 --epochs 2 --batch-size 64 --seed 7 ";

    @TempDir
    static Path folder;
    private static Path run;
    private static Calls call;

    @BeforeAll static void train() {
        run = folder.resolve("new folder").resolve("run");
        call = Calls.of(TINY + "--out", run);
        assertThat(call.err()).isEmpty();
        assertThat(call.status()).isZero();
    }

    private static JsonNode json(Path file) throws IOException { return new ObjectMapper().readTree(file.toFile()); }

    private static List<String> names(JsonNode node) {
        var names = new ArrayList<String>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test void metrics_have_exactly_the_agreed_names() throws IOException {
        JsonNode metrics = json(run.resolve("metrics.json"));
        assertThat(names(metrics)).containsExactly("config", "epochs", "final", "data");
        assertThat(metrics.get("epochs")).hasSize(2);
        for (JsonNode epoch : metrics.get("epochs")) {
            assertThat(names(epoch)).containsExactly("epoch", "trainLoss", "trainAccuracy", "testLoss", "testAccuracy", "learningRate",
                    "seconds", "imagesPerSecond", "memory");
            assertThat(epoch.get("trainAccuracy").asDouble()).isBetween(0.0, 1.0);
            assertThat(epoch.get("imagesPerSecond").asDouble()).isPositive();
        }
        assertThat(names(metrics.get("final"))).containsExactly("testLoss", "testAccuracy", "parameters");
        assertThat(metrics.at("/final/testLoss")).isEqualTo(metrics.at("/epochs/1/testLoss"));
        assertThat(metrics.at("/final/parameters").asLong()).isEqualTo(269_722);
        assertThat(metrics.at("/config/model").asText()).isEqualTo("resnet20");
        assertThat(metrics.at("/config/dropout").asText()).isEqualTo("multi-sample");
        assertThat(metrics.at("/config/seed").asLong()).isEqualTo(7);
        assertThat(metrics.at("/config/limitTrain").asLong()).isEqualTo(192);
    }

    @Test void a_line_tells_of_each_epoch_and_a_table_of_the_run() {
        assertThat(call.out())
                .contains("Training resnet20 (269,722 parameters, 8 dropout samples of 0.3) on synthetic (192 images, 100 for testing)")
                .contains("epoch 1/2  loss").contains("epoch 2/2  loss").contains("parameters").contains(run.toString());
    }

    @Test void curves_are_a_picture_with_something_on_it() throws IOException {
        var image = ImageIO.read(run.resolve("curves.png").toFile());
        var colours = new java.util.HashSet<Integer>();
        for (int x = 0; x < image.getWidth(); x++) for (int y = 0; y < image.getHeight(); y++) colours.add(image.getRGB(x, y));
        assertThat(image.getWidth()).isGreaterThan(600);
        assertThat(colours).hasSizeGreaterThan(20);
    }

    @Test void the_report_stands_alone_and_holds_configuration_curves_mistakes_and_confusion() throws IOException {
        String html = Files.readString(run.resolve("report.html"));
        assertThat(html).contains("<svg", "data:image/png;base64,", "taken for <b>", "dropoutSamples", "panatorch train --config",
                "images per second", "weighted average", "<title>resnet20 on synthetic: run</title>");
        assertThat(html).doesNotContain("http://", "https://", "<script", "src=\"/");
        assertThat(html.split("<figure>", -1)).hasSize(25);
    }

    @Test void the_log_in_the_folder_tells_what_the_console_told() throws IOException {
        assertThat(run.resolve("run.log")).content().contains("Training resnet20", "epoch 2/2  loss");
    }

    @Test void quiet_shows_nothing_on_the_console_and_all_in_the_log() throws IOException {
        Path out = folder.resolve("quiet");
        Calls quiet = Calls.of(TINY + "--quiet --out", out);
        assertThat(quiet.out()).isEmpty();
        assertThat(out.resolve("run.log")).content().contains("epoch 2/2  loss");
    }

    @Test void nothing_unfinished_is_left_in_the_folder() throws IOException {
        try (var files = Files.list(run)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("config.json", "metrics.json", "curves.png",
                    "last.ckpt", "best.safetensors", "model.safetensors", "report.html", "run.log");
        }
    }

    @Test void the_last_line_names_every_file_of_the_folder() throws IOException {
        String last = call.out().lines().filter(line -> line.startsWith("written ")).findFirst().orElseThrow();
        assertThat(last).endsWith(" in " + run);
        List<String> named = List.of(last.substring("written".length(), last.length() - (" in " + run).length()).strip().split(", "));
        try (var files = Files.list(run)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrderElementsOf(named);
        }
    }

    @Test void the_same_seed_gives_the_same_bits() throws IOException {
        Path again = folder.resolve("again");
        assertThat(Calls.of(TINY + "--out", again).status()).isZero();
        assertThat(again.resolve("model.safetensors")).hasSameBinaryContentAs(run.resolve("model.safetensors"));
        assertThat(json(again.resolve("metrics.json")).get("final")).isEqualTo(json(run.resolve("metrics.json")).get("final"));
    }

    @Test void another_seed_gives_other_weights() throws IOException {
        Path other = folder.resolve("other");
        assertThat(Calls.of(TINY.replace("--seed 7", "--seed 8") + "--out", other).status()).isZero();
        assertThat(Files.mismatch(other.resolve("model.safetensors"), run.resolve("model.safetensors"))).isNotNegative();
    }

    @Test void train_prints_one_json_object_where_programs_read_it() throws IOException {
        Path out = folder.resolve("train json");
        Calls trained = Calls.of(TINY + "--json --out", out);
        assertThat(trained.err()).isEmpty();
        assertThat(trained.out()).hasLineCount(1);
        JsonNode said = new ObjectMapper().readTree(trained.out());
        assertThat(said.get("end").asText()).isEqualTo("finished");
        assertThat(said.get("final")).isEqualTo(json(out.resolve("metrics.json")).get("final"));
        assertThat(said.get("best")).isIn(json(out.resolve("metrics.json")).get("epochs"));
        assertThat(out.resolve("run.log")).content().contains("epoch 2/2  loss");
    }

    @Test void evaluate_prints_one_json_object_where_programs_read_it() throws IOException {
        Calls evaluated = Calls.of("evaluate --json --limit-test 100 --checkpoint", run.resolve("model.safetensors"), Path.of("--out"),
                folder.resolve("json"));
        assertThat(evaluated.status()).isZero();
        assertThat(evaluated.out()).startsWith("{\"accuracy\":0.").endsWith("}" + System.lineSeparator()).hasLineCount(1);
    }

    @Test void evaluate_measures_what_train_measured() throws IOException {
        Path out = folder.resolve("evaluated");
        Calls evaluated = Calls.of("evaluate --limit-test 100 --checkpoint", run.resolve("model.safetensors"), Path.of("--out"), out);
        assertThat(evaluated.err()).isEmpty();
        assertThat(evaluated.status()).isZero();
        JsonNode metrics = json(out.resolve("metrics.json"));
        assertThat(names(metrics)).containsExactly("config", "epochs", "final", "quality");
        assertThat(out.resolve("confusion.png")).isNotEmptyFile();
        assertThat(metrics.get("final")).isEqualTo(json(run.resolve("metrics.json")).get("final"));
    }

    @Test void an_evaluation_never_replaces_the_metrics_of_a_run() throws IOException {
        byte[] before = Files.readAllBytes(run.resolve("metrics.json"));
        Path copy = Files.createDirectory(folder.resolve("copy"));
        Files.write(copy.resolve("metrics.json"), before);
        assertThat(Calls.of("evaluate --limit-test 100 --checkpoint", run.resolve("model.safetensors"), Path.of("--out"), copy).status())
                .isZero();
        assertThat(copy.resolve("metrics.json")).hasBinaryContent(before);
        assertThat(json(copy.resolve("evaluation.json")).at("/final/parameters").asLong()).isEqualTo(269_722);
    }

    @Test void a_checkpoint_of_another_model_is_refused_with_a_short_sentence() {
        Calls evaluated = Calls.of("evaluate --model resnet32 --checkpoint", run.resolve("model.safetensors"));
        assertThat(evaluated.status()).isEqualTo(2);
        assertThat(evaluated.err()).contains("does not fit resnet32: it lacks layer1.3.conv1.weight and ").hasLineCount(1)
                .hasSizeLessThan(400);
    }

    @Test void options_that_have_no_effect_are_not_part_of_the_configuration() throws IOException {
        Path plain = folder.resolve("plain");
        assertThat(Calls.of("train --limit-train 64 --limit-test 50 --epochs 1 --dropout none --out", plain).status()).isZero();
        assertThat(names(json(plain.resolve("metrics.json")).get("config"))).contains("dropout", "limitTrain").doesNotContain("dropoutP",
                "dropoutSamples", "sigma", "tau", "gamma", "imageSize", "plateauPatience");
        assertThat(names(json(run.resolve("metrics.json")).get("config"))).contains("dropoutP", "dropoutSamples").doesNotContain("sigma",
                "tau");
        assertThat(Calls
                .of("train --quiet --dropout standard --config", run.resolve("config.json"), Path.of("--out"), folder.resolve("changed"))
                .err()).isEmpty();
    }

    @Test void a_network_that_learns_nothing_is_told_of_after_the_first_epoch() {
        Calls idle = Calls.of("train --model cuda-convnet-quick --dropout none --lr 1e-7 --limit-train 64 --limit-test 50 --epochs 2 --out",
                folder.resolve("idle"));
        assertThat(idle.out()).containsOnlyOnce("Nothing was learnt in this epoch: its loss is that of guessing, 2.3026")
                .contains("find-lr");
        assertThat(call.out()).doesNotContain("Nothing was learnt");
    }

    @Test void a_loss_that_is_no_number_ends_the_run_with_a_sentence() {
        Path diverged = folder.resolve("diverged");
        Calls run = Calls.of("train --limit-train 256 --limit-test 50 --epochs 3 --lr 1e30 --schedule constant --precision fp32 --out",
                diverged);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("in epoch 1, by step ").contains("at a learning rate of 1.00e+30")
                .contains("--lr", "--clip-norm", "--keep-going").hasLineCount(1);
        assertThat(diverged.resolve("model.safetensors")).doesNotExist();
        assertThat(diverged.resolve("last.ckpt")).doesNotExist();
    }

    @Test void who_keeps_going_gets_through_a_loss_that_is_no_number() {
        Calls run = Calls.of(
                "train --limit-train 64 --limit-test 50 --epochs 2 --lr 1e30 --schedule constant --precision fp32 --keep-going --out",
                folder.resolve("kept going"));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
    }

    @Test void every_optimizer_schedule_and_regularisation_trains() throws IOException {
        Path out = folder.resolve("each");
        for (OptimizerName o : OptimizerName.values()) works("--epochs 1 --optimizer " + o, out);
        for (ScheduleName s : ScheduleName.values()) works("--epochs 2 --schedule " + s, out);
        works("--epochs 2 --schedule cosine --warm-up 0.5 --cutmix 1 --label-smoothing 0.1 --clip-norm 1 --early-stop 1 --measure loss "
                + "--no-augment",
                out);
    }

    private static void works(String options, Path out) throws IOException {
        Calls run = Calls.of("train --limit-train 96 --limit-test 50 --batch-size 32 " + options + " --out", out);
        assertThat(run.err()).as(options).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(json(out.resolve("metrics.json")).at("/final/testLoss").asDouble()).isFinite();
    }

    @Test void gyro_dropout_trains_and_resumes_networks_that_have_dropout_layers() throws IOException {
        String line =
                "train --model allconv --dropout gyro --sigma 4 --tau 2 --limit-train 64 --limit-test 20 --batch-size 16 --epochs 2 --out ";
        Path whole = folder.resolve("gyro"), parts = folder.resolve("gyro in parts");
        assertThat(Calls.of(line.strip(), whole).err()).isEmpty();
        assertThat(Calls.of(line.replace("--out", "--stop-after 1 --out").strip(), parts).err()).isEmpty();
        assertThat(Calls.of("train --resume", parts).err()).isEmpty();
        assertThat(parts.resolve("model.safetensors")).hasSameBinaryContentAs(whole.resolve("model.safetensors"));
        assertThat(Calls.of("evaluate --limit-test 20 --mc 3 --checkpoint", whole.resolve("best.safetensors")).err()).isEmpty();
        assertThat(Calls.of(line.replace("allconv", "resnet20").strip(), parts).err())
                .contains("--dropout gyro is for networks with dropout layers, and resnet20 has none").hasLineCount(1);
    }

    @Test void the_learning_rate_follows_the_schedule() throws IOException {
        Path out = folder.resolve("rates");
        assertThat(Calls.of(
                "train --limit-train 64 --limit-test 50 --batch-size 32 --epochs 4 --lr 0.1 --schedule multi-step --milestones 2,3 "
                        + "--warm-up 1 --out",
                out).status()).isZero();
        var rates = new ArrayList<Double>();
        for (JsonNode epoch : json(out.resolve("metrics.json")).get("epochs")) rates.add(epoch.get("learningRate").asDouble());
        assertThat(rates).usingElementComparator((a, b) -> Math.abs(a - b) < 1e-9 ? 0 : 1).containsExactly(0.1, 0.01, 0.001, 0.001);
    }

    @Test void the_monitor_holds_a_list_of_four_decimals_for_each_measure() throws IOException {
        Path out = folder.resolve("monitored");
        assertThat(Calls.of(TINY + "--monitor --out", out).status()).isZero();
        JsonNode monitor = json(out.resolve("training_monitor.json"));
        assertThat(names(monitor)).containsExactly("acc", "loss", "valid_acc", "valid_loss");
        assertThat(monitor.get("loss")).hasSize(2);
        assertThat(monitor.at("/valid_loss/1").asDouble()).isEqualTo(json(out.resolve("metrics.json")).at("/final/testLoss").asDouble(),
                within(5e-5));
        assertThat(monitor.at("/valid_loss/1").asText()).hasSizeLessThanOrEqualTo(6);
    }

    @Test void a_flight_recording_has_the_steps() throws IOException {
        Path out = folder.resolve("recorded");
        assertThat(Calls.of(TINY + "--flight-recording --out", out).status()).isZero();
        assertThat(jdk.jfr.consumer.RecordingFile.readAllEvents(out.resolve("recording.jfr")).stream()
                .filter(e -> e.getEventType().getName().equals("panatorch.TrainingStep"))).hasSize(6);
    }
}
