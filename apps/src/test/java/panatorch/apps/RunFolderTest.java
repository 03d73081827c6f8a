package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** The folder of a run: what a new run does to an older one's, and what other commands make of it. */
@NoTensorLeaks
class RunFolderTest {
    private static final String TINY = "train --limit-train 64 --limit-test 50 --batch-size 32 --epochs 2 --out";

    @TempDir
    static Path folder;
    private static Path run;

    @BeforeAll static void train() {
        run = folder.resolve("run");
        assertThat(Calls.of(TINY, run).err()).isEmpty();
    }

    private static JsonNode json(String text) throws IOException { return new ObjectMapper().readTree(text); }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private static Path copy(String name) throws IOException {
        Path to = Files.createDirectory(folder.resolve(name));
        try (Stream<Path> files = Files.list(run)) {
            for (Path f : files.toList()) Files.copy(f, to.resolve(f.getFileName()));
        }
        return to;
    }

    // ---- a new run where an older one is

    @Test void a_new_run_removes_all_of_an_older_one_before_it_begins() throws IOException {
        Path old = copy("old");
        assertThat(Calls.of("evaluate --limit-test 50 --mc 2 --checkpoint", old).err()).isEmpty();
        Files.writeString(old.resolve("notes.txt"), "mine");
        Calls stopped = Calls.of(TINY.replace("--out", "--seed 3 --stop-after 1 --out"), old);
        assertThat(stopped.out()).startsWith("The older run in " + old + " is replaced.");
        assertThat(names(old)).containsExactly("best.safetensors", "config.json", "last.ckpt", "metrics.json", "notes.txt", "run.log");
        assertThat(Files.readString(old.resolve("run.log"))).contains("Stopped after epoch 1").doesNotContain("epoch 2/2");
        assertThat(json(Files.readString(old.resolve("metrics.json"))).at("/config/seed").asInt()).isEqualTo(3);
    }

    @Test void a_wrong_call_leaves_an_older_run_as_it_is() throws IOException {
        Path old = copy("kept");
        assertThat(Calls.of(TINY.replace("--out", "--dropout gyro --out"), old).status()).isEqualTo(2);
        assertThat(names(old)).isEqualTo(names(run));
        assertThat(old.resolve("config.json")).hasSameBinaryContentAs(run.resolve("config.json"));
    }

    @Test void what_no_run_has_written_is_never_replaced() throws IOException {
        Path foreign = Files.createDirectory(folder.resolve("foreign"));
        Path weights = Files.writeString(foreign.resolve("model.safetensors"), "precious");
        Files.writeString(foreign.resolve("config.json"), "{\"architectures\": [\"ResNet\"]}");
        Calls refused = Calls.of(TINY, foreign);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("which no run has written; --out names another folder").hasLineCount(1);
        assertThat(weights).hasContent("precious");
    }

    @Test void a_student_does_not_replace_its_teacher() throws IOException {
        Calls refused = Calls.of("distill --teacher", run, Path.of("--out"), run);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("--out must be another folder than the teacher's").hasLineCount(1);
        assertThat(run.resolve("model.safetensors")).isNotEmptyFile();
    }

    // ---- a run in the place of its weights

    @Test void a_folder_stands_for_its_best_weights() throws IOException {
        Path out = folder.resolve("best");
        JsonNode said = json(Calls.of("evaluate --limit-test 50 --json --checkpoint", run, Path.of("--out"), out).out());
        assertThat(said.at("/config/checkpoint").asText()).isEqualTo(run.resolve("best.safetensors").toString());
        double best = 0;
        for (JsonNode epoch : json(Files.readString(run.resolve("metrics.json"))).get("epochs"))
            best = Math.max(best, epoch.get("testAccuracy").asDouble());
        assertThat(said.get("accuracy").asDouble()).isEqualTo(best);
        assertThat(Calls.of("inspect", run).out()).contains("model = resnet20");
        assertThat(Calls.of("evaluate --checkpoint", Files.createDirectory(folder.resolve("empty"))).err())
                .contains("there are no weights in the folder").hasLineCount(1);
    }

    @Test void the_last_checkpoint_is_known_by_the_configuration_beside_it() throws IOException {
        Path out = folder.resolve("last");
        Calls evaluated = Calls.of("evaluate --limit-test 50 --json --checkpoint", run.resolve("last.ckpt"), Path.of("--out"), out);
        assertThat(evaluated.err()).isEmpty();
        JsonNode last = json(Files.readString(run.resolve("metrics.json"))).get("final");
        assertThat(json(evaluated.out()).get("loss")).isEqualTo(last.get("testLoss"));
        Calls predicted = Calls.of("predict --checkpoint", run.resolve("last.ckpt"), picture("known.png"));
        assertThat(predicted.err()).isEmpty();
        assertThat(predicted.out()).contains(" %").doesNotContainPattern("  \\d \\d");
    }

    @Test void the_checkpoint_of_another_network_is_refused_in_a_sentence() throws IOException {
        Path other = copy("of another network"), config = other.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"model\" : \"resnet20\"", "\"model\" : \"resnet32\""));
        Calls refused = Calls.of("train --resume", other);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("cannot be resumed from " + other.resolve("last.ckpt") + ": it is of another network")
                .hasLineCount(1);
    }

    @Test void the_data_of_the_run_is_looked_for_where_it_was() throws IOException {
        Path data = images("data", "cat", "dog"), own = folder.resolve("of a folder");
        assertThat(Calls.of("train --dataset folder --epochs 1 --data", data, Path.of("--out"), own).err()).isEmpty();
        assertThat(Calls.of("evaluate --checkpoint", own).err()).isEmpty();
    }

    @Test void a_limited_folder_has_images_of_all_classes() throws IOException {
        Path data = images("limited", "cat", "dog", "owl"), own = folder.resolve("of few");
        assertThat(Calls
                .of("train --dataset folder --epochs 1 --batch-size 2 --limit-train 3 --limit-test 3 --data", data, Path.of("--out"), own)
                .err()).isEmpty();
        JsonNode evaluated = json(Calls.of("evaluate --json --limit-test 3 --checkpoint", own).out());
        for (JsonNode row : evaluated.at("/quality/confusion"))
            assertThat(row.get(0).asInt() + row.get(1).asInt() + row.get(2).asInt()).isEqualTo(1);
    }

    // ---- what an evaluation leaves

    @Test void each_kind_of_evaluation_has_files_of_its_own() throws IOException {
        Path own = copy("evaluated"), weights = own.resolve("model.safetensors");
        assertThat(Calls.of("evaluate --limit-test 50 --checkpoint", weights).err()).isEmpty();
        byte[] plain = Files.readAllBytes(own.resolve("evaluation.json"));
        Calls mc = Calls.of("evaluate --limit-test 50 --mc 3 --checkpoint", weights);
        assertThat(mc.out()).contains(", the mean of 3 predictions: test loss", "by the confidence", "by the mutual information");
        Path others = images("others", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
        Calls other = Calls.of("evaluate --dataset folder --checkpoint", weights, Path.of("--data"), others);
        assertThat(other.err()).contains("the classes of folder (a, …) are not those that the network was trained on").hasLineCount(1);
        assertThat(other.status()).isZero();
        assertThat(own.resolve("evaluation.json")).hasBinaryContent(plain);
        assertThat(names(own)).contains("evaluation-mc3.json", "confusion-mc3.png", "evaluation-folder.json", "confusion-folder.png");
    }

    @Test void nothing_is_written_beside_weights_that_are_no_runs() throws IOException {
        Path downloads = Files.createDirectory(folder.resolve("downloads"));
        Path weights = Files.copy(run.resolve("model.safetensors"), downloads.resolve("weights.safetensors"));
        Calls evaluated = Calls.of("evaluate --limit-test 50 --checkpoint", weights);
        assertThat(evaluated.status()).isZero();
        assertThat(evaluated.out()).contains("--out DIR keeps");
        assertThat(names(downloads)).containsExactly("weights.safetensors");
    }

    private static Path picture(String name) throws IOException {
        Path file = folder.resolve(name);
        ImageIO.write(new BufferedImage(40, 32, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        return file;
    }

    /** A data set of two images a class for training, and two for testing. */
    private static Path images(String name, String... classes) throws IOException {
        Path data = folder.resolve(name), image = picture(name + ".png");
        for (String part : List.of("train", "test")) {
            for (String c : classes) {
                Path of = Files.createDirectories(data.resolve(part).resolve(c));
                for (int i = 0; i < 2; i++) Files.copy(image, of.resolve(i + ".png"));
            }
        }
        return data;
    }
}
