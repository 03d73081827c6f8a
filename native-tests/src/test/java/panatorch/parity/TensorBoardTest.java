package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.train.EventFile;

/** Event files as TensorBoard itself reads them; {@code src/test/python/event_files.py} asks it. */
@NoTensorLeaks
class TensorBoardTest {
    private static final Path SCRIPT = Path.of("src/test/python/event_files.py");

    @TempDir
    Path folder;

    private JsonNode readByTensorBoard() throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with tensorboard, which reads Java's event files");
        Path errors = Files.createTempFile("tensorboard", ".txt");
        Process process = new ProcessBuilder(python, SCRIPT.toString(), folder.toString()).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        String said = Files.readString(errors);
        Files.delete(errors);
        assumeTrue(status != 3, "skipped: PYTHON lacks tensorboard: " + output.strip());
        assertThat(status).as(said).isZero();
        return new ObjectMapper().readTree(output);
    }

    @Test void tensorboard_shows_what_was_written() throws IOException, InterruptedException {
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(5, 3, BufferedImage.TYPE_INT_RGB), "png", bytes);
        try (var scope = Scope.open(); var events = EventFile.create(folder)) {
            for (int step = 0; step < 3; step++) events.scalar("loss/train", step, 1.0 / (step + 1));
            events.text("note", 2, "größer **als**");
            Tensor weights = Torch.tensor(new float[] {0, 0.5f, 15, 30, Float.NaN});
            events.histogram("weights", 2, weights);
            events.histogram("none", 2, weights.sub(Double.NaN));
            events.image("picture", 2, bytes.toByteArray());

            JsonNode read = readByTensorBoard();
            assertThat(read.at("/scalars/loss~1train").toString()).isEqualTo("[[0,1.0],[1,0.5],[2,%s]]".formatted((double) (1 / 3f)));
            assertThat(read.at("/texts/note").toString()).isEqualTo("[[2,\"text\",[\"größer **als**\"]]]");
            JsonNode histogram = read.at("/histograms/weights/0");
            assertThat(histogram.get(1).toString()).isEqualTo("[0.0,30.0,4.0,45.5,1125.25]");
            assertThat(Golden.numbers(histogram.get(2))).hasSize(30).endsWith(29, 30);
            assertThat(Golden.numbers(histogram.get(3))).hasSize(30).startsWith(2, 0).endsWith(0, 1);
            assertThat(read.at("/migrated").toString()).isEqualTo("{\"weights\":[30,3],\"none\":[0,3]}");
            assertThat(read.at("/images/picture/0").toString())
                    .isEqualTo("[2,5,3,\"" + HexFormat.of().formatHex(bytes.toByteArray()) + "\"]");
        }
    }

    /**
     * In PyTorch:
     *
     * <pre>
     * w.add_hparams({"lr": 0.1, "name": "adam", "n": 3}, {"hparam/loss": 0.5}, global_step=4)
     * w.add_pr_curve("pr", torch.tensor([1, 0, 1, 1, 0]), torch.tensor([.9, .8, .3, 1., 0.]), 7)
     * </pre>
     */
    @Test void hyper_parameters_and_precision_recall_curves_are_shown() throws IOException, InterruptedException {
        var parameters = new LinkedHashMap<String, Object>();
        parameters.put("lr", 0.1);
        parameters.put("name", "adam");
        parameters.put("ok", true);
        parameters.put("n", 3);
        try (var scope = Scope.open(); var events = EventFile.create(folder)) {
            events.hparams(parameters, Map.of("hparam/loss", 0.5), 4);
            Tensor labels = Torch.tensor(new long[] {1, 0, 1, 1, 0}), predictions = Torch.tensor(new float[] {0.9f, 0.8f, 0.3f, 1, 0});
            events.prCurve("pr", 7, labels, predictions);
            assertThatThrownBy(() -> events.prCurve("pr", 7, labels, predictions.mul(2))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("predictions must be probabilities in [0, 1]");
            assertThatThrownBy(() -> events.hparams(Map.of("a", List.of()), Map.of(), 0)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("it must be a number, a truth value or a string");
        }
        JsonNode read = readByTensorBoard();
        assertThat(read.at("/scalars/hparam~1loss").toString()).isEqualTo("[[4,0.5]]");
        assertThat(read.get("hparams").toString()).isEqualTo("{\"lr:kind\":3,\"name:kind\":1,\"ok:kind\":2,\"n:kind\":3,"
                + "\"hparam/loss:metric\":true,\"lr\":0.1,\"n\":3.0,\"name\":\"adam\",\"ok\":true,\"status\":1}");
        JsonNode curve = read.at("/curves/pr/0");
        assertThat(curve.get(0).asInt()).isEqualTo(7);
        assertThat(curve.get(1).asInt()).isEqualTo(127);
        // At the threshold t / 126: of three positives 0.9, 0.3 and 1 and of two negatives 0.8 and 0.
        int[][] expected = {{0, 3, 2}, {1, 3, 1}, {37, 3, 1}, {38, 2, 1}, {100, 2, 1}, {101, 2, 0}, {113, 2, 0}, {114, 1, 0}, {126, 1, 0}};
        for (int[] e : expected) {
            double tp = e[1], fp = e[2];
            double[] rows = {tp, fp, 2 - fp, 3 - tp, (float) (tp / (tp + fp)), (float) (tp / 3)};
            for (int row = 0; row < 6; row++)
                assertThat(curve.get(2).get(row).get(e[0]).asDouble()).as("row %s at threshold %s", row, e[0]).isEqualTo(rows[row]);
        }
    }

    @Test void a_run_that_was_killed_and_resumed_is_one_curve() throws IOException, InterruptedException {
        Path first;
        try (var events = EventFile.create(folder)) {
            for (int step = 0; step < 10; step++) events.scalar("loss", step, 1);
            first = events.path();
        }
        try (var cut = FileChannel.open(first, StandardOpenOption.WRITE)) {
            cut.truncate(cut.size() - 5); // within the event of step 9
        }
        try (var events = EventFile.resume(folder, 6)) {
            for (int step = 6; step < 12; step++) events.scalar("loss", step, 2);
        }
        try (var events = EventFile.resume(folder, 11)) {
            events.scalar("loss", 11, 3);
        }
        var curve = new StringBuilder();
        readByTensorBoard().at("/scalars/loss")
                .forEach(point -> curve.append(point.get(0).asInt()).append(':').append(point.get(1).asInt()).append(' '));
        assertThat(curve.toString().strip()).isEqualTo("0:1 1:1 2:1 3:1 4:1 5:1 6:2 7:2 8:2 9:2 10:2 11:3");
    }
}
