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
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
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

    /** In PyTorch: {@code w.add_graph(net, x)}, whose nodes have the same operators, inputs and shapes. */
    @Test void a_modules_graph_has_its_operators_within_its_layers() throws IOException, InterruptedException {
        try (var net = new Sequential(new Linear(3, 4), new ReLU(), new Sequential(new Linear(4, 2))); var scope = Scope.open()) {
            net.train();
            try (var events = EventFile.create(folder)) {
                events.graph(net, Torch.rand(5, 3));
            }
            assertThat(net.get(1).isTraining()).as("the mode is restored").isTrue();
        }
        assertThat(readByTensorBoard().get("graph").toString().replace("],[\"", "],\n[\"")).isEqualTo("""
                [["input/input","IO Node",[],[[5,3]],""],
                ["Sequential/Linear[0]/weight","Parameter",[],[[4,3]],""],
                ["Sequential/Linear[0]/bias","Parameter",[],[[4]],""],
                ["Sequential/Linear[0]/linear","aten::linear",["input/input","Sequential/Linear[0]/weight",\
                "Sequential/Linear[0]/bias"],[[5,4]],""],
                ["Sequential/ReLU[1]/relu","aten::relu",["Sequential/Linear[0]/linear"],[[5,4]],""],
                ["Sequential/Sequential[2]/Linear[0]/weight","Parameter",[],[[2,4]],""],
                ["Sequential/Sequential[2]/Linear[0]/bias","Parameter",[],[[2]],""],
                ["Sequential/Sequential[2]/Linear[0]/linear","aten::linear",["Sequential/ReLU[1]/relu",\
                "Sequential/Sequential[2]/Linear[0]/weight","Sequential/Sequential[2]/Linear[0]/bias"],[[5,2]],""],
                ["output/output","IO Node",["Sequential/Sequential[2]/Linear[0]/linear"],[[5,2]],""]]""");
    }

    @Test void several_results_arguments_and_constants_are_in_the_graph() throws IOException, InterruptedException {
        class Halves extends Module {
            @Override public List<Tensor> forwardAll(List<? extends Tensor> inputs) {
                var parts = inputs.get(0).add(inputs.get(1), 3).split(2, 1);
                return List.of(parts.get(1).relu_(), parts.get(0).mul(Torch.ones(1)));
            }
        }
        try (var net = new Halves(); var scope = Scope.open(); var events = EventFile.create(folder)) {
            events.graph(net, Torch.rand(2, 4), Torch.rand(2, 4));
        }
        var nodes = new LinkedHashMap<String, JsonNode>();
        readByTensorBoard().get("graph").forEach(n -> nodes.put(n.get(0).asText(), n));
        assertThat(nodes.get("Halves/add").toString())
                .isEqualTo("[\"Halves/add\",\"aten::add\",[\"input/input_1\",\"input/input_2\"],[[2,4]],\"alpha=3\"]");
        assertThat(nodes.get("Halves/split").get(3).toString()).isEqualTo("[[2,2],[2,2]]");
        assertThat(nodes.get("Halves/relu_").get(2).toString()).isEqualTo("[\"Halves/split:1\"]");
        assertThat(nodes.get("Halves/mul").get(2).toString()).isEqualTo("[\"Halves/split\",\"Halves/ones\"]");
        assertThat(nodes.get("output/output_1").get(2).toString()).isEqualTo("[\"Halves/relu_\"]");
    }

    /** In PyTorch: {@code w.add_embedding(torch.arange(6.).reshape(3, 2), ["a", "b", "c"], images, 7, "e/1")}. */
    @Test void the_projector_finds_vectors_labels_and_pictures() throws IOException, InterruptedException {
        var columns = new LinkedHashMap<String, List<String>>();
        columns.put("name", List.of("a", "b", "c"));
        columns.put("größe", List.of("1", "2", "3"));
        try (var scope = Scope.open(); var events = EventFile.create(folder)) {
            Tensor vectors = Torch.arange(6.0).reshape(3, 2), images = Torch.zeros(3, 3, 4, 5);
            images.at("1, 0").set(1); // the second one is red
            events.embedding("e/1", 7, vectors, List.of("x", "y", "z"));
            events.embedding("plain", 8, vectors.neg());
            events.embedding("e/1", 7, vectors, columns, images);
            assertThatThrownBy(() -> events.embedding("e", 1, vectors, List.of("x"))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("are 1, but there are 3 vectors");
            assertThatThrownBy(() -> events.embedding("e", 1, vectors, List.of("x", "y\tz", ""))).hasMessageContaining("a tab");
            assertThatThrownBy(() -> events.embedding("e", 1, vectors, Map.of(), Torch.zeros(3, 1, 4, 5)))
                    .hasMessageContaining("[N, 3, H, W]");
            assertThatThrownBy(() -> events.embedding("e", 1, vectors, Map.of(), Torch.zeros(3, 3, 1, 5000)))
                    .hasMessageContaining("10000 pixels");
        }
        assertThat(readByTensorBoard().get("projector").toString()).isEqualTo(
                "[[\"plain:00008\",[[-0.0,-1.0],[-2.0,-3.0],[-4.0,-5.0]],[],\"\",[]],"
                        + "[\"e/1:00007\",[[0.0,1.0],[2.0,3.0],[4.0,5.0]],[\"name\\tgröße\",\"a\\t1\",\"b\\t2\",\"c\\t3\"],"
                        + "\"00007/e%2f1/sprite.png\",[5,4]]]");
        BufferedImage sprite = ImageIO.read(folder.resolve("00007/e%2f1/sprite.png").toFile());
        assertThat(List.of(sprite.getWidth(), sprite.getHeight())).containsExactly(10, 8);
        assertThat(List.of(sprite.getRGB(4, 0), sprite.getRGB(5, 0), sprite.getRGB(9, 3), sprite.getRGB(5, 4)))
                .containsExactly(0xff000000, 0xffff0000, 0xffff0000, 0xff000000);
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
