package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.Npy;
import panatorch.serialize.Safetensors;
import panatorch.serialize.TorchFile;

/** The commands on model files that {@code src/test/python/model_files.py} has made, and what these return in Python. */
@NoTensorLeaks
class ModelFilesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static Path file(String name) {
        try {
            return Path.of(Objects.requireNonNull(ModelFilesTest.class.getResource("models/" + name), name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Calls works(String line, Path... paths) {
        Calls call = Calls.of(line, paths);
        assertThat(call.err()).isEmpty();
        assertThat(call.status()).isZero();
        return call;
    }

    private static void refused(Calls call, String... what) {
        assertThat(call.err()).contains(what).hasLineCount(1);
        assertThat(call.status()).isEqualTo(2);
    }

    private static JsonNode expected(String item) throws IOException {
        return JSON.readTree(file("expected.json").toFile()).get(item);
    }

    private static void assertProbabilities(JsonNode classes, String item) throws IOException {
        assertThat(classes).hasSize(expected(item).size());
        for (JsonNode c : classes)
            assertThat(c.get("probability").asDouble()).as(item).isCloseTo(expected(item).get(c.get("index").asInt()).asDouble(),
                    within(1e-5));
    }

    // ---- run

    @ParameterizedTest
    @CsvSource({"image.pt2,", "image.ts,", "static.pt2,", "weightless.pt2, --weights", "image.pt2, --optimize",
        "image.ts, --optimize"}) void an_image_gets_the_probabilities_that_it_gets_in_python(String model, String option)
                throws IOException {
        var paths = new ArrayList<>(List.of(file(model), file("picture.png"), file("picture.png")));
        if ("--weights".equals(option)) paths.addAll(List.of(Path.of(option), file("image.safetensors")));
        if ("--optimize".equals(option)) paths.add(Path.of(option));
        Calls call = works("run --json", paths.toArray(Path[]::new));
        List<String> lines = call.out().lines().toList();
        assertThat(lines).hasSize(2);
        for (String line : lines) {
            JsonNode said = JSON.readTree(line);
            assertThat(said.get("image").asText()).endsWith("picture.png");
            JsonNode classes = said.at("/predictions/0/classes");
            assertProbabilities(classes, "picture.png");
            assertThat(classes.at("/0/label").asText()).isEqualTo("airplane");
            assertThat(classes.at("/1/label").asText()).isEqualTo("bird\u001b[2J");
        }
    }

    @Test void predictions_are_shown_by_label_the_likeliest_first() {
        assertThat(works("run --top 2", file("image.pt2"), file("picture.png")).out()).hasLineCount(1)
                .contains("picture.png   airplane 56.0 %  bird\\u001b[2J 37.1 %").doesNotContain("cat");
    }

    @Test void a_text_gets_the_probabilities_that_it_gets_in_python() throws IOException {
        List<String> lines = works("run --json --text Bad! --text", Path.of("a good film"), file("text.pt2")).out().lines().toList();
        assertProbabilities(JSON.readTree(lines.get(0)).at("/predictions/0/classes"), "Bad!");
        assertProbabilities(JSON.readTree(lines.get(1)).at("/predictions/0/classes"), "a good film");
        assertThat(JSON.readTree(lines.get(1)).at("/predictions/0/classes/0/label").asText()).isEqualTo("negative");
    }

    @Test void a_language_model_predicts_the_next_word() {
        assertThat(works("run --top 2 --text good", file("words.pt2")).out()).hasLineCount(2).contains("next:", " %");
    }

    @ParameterizedTest
    @CsvSource({"out.safetensors", "out.npz"}) void tensors_of_a_file_become_all_outputs_by_name(String name) throws IOException {
        Path out = folder.resolve(name);
        assertThat(works("run --outputs", out, Path.of("--inputs"), file("in.npz"), file("text.pt2")).out()).contains(
                "logits  float32 [2, 2]",
                "mean  float32 [2, 6]", "written to " + out);
        try (var scope = Scope.open()) {
            Map<String, Tensor> java = name.endsWith("npz") ? Npy.loadAll(out) : Safetensors.load(out),
                    python = Safetensors.load(file("out.safetensors"));
            assertThat(java.keySet()).isEqualTo(python.keySet());
            python.forEach((key, t) -> assertThat(java.get(key).allClose(t, 1e-5, 1e-6, false)).as(key).isTrue());
        }
    }

    @Test void a_language_model_continues_a_text() throws IOException {
        String first = JSON.readTree(works("run --json --top 1 --text good", file("words.pt2")).out())
                .at("/predictions/0/classes/0/label").asText();
        String text = works("generate --tokens 3 --text good", file("words.pt2")).out();
        assertThat(text.strip().split(" ")).startsWith(first).hasSizeBetween(1, 3);
        JsonNode drawn = JSON.readTree(works("generate --json --tokens 4 --temperature 2 --text good", file("words.pt2")).out());
        assertThat(drawn.get("tokens")).hasSize(4);
        String again = works("generate --json --tokens 4 --temperature 2 --text good", file("words.pt2")).out();
        assertThat(JSON.readTree(again)).isEqualTo(drawn);
    }

    @Test void what_generates_no_text_is_refused() {
        refused(Calls.of("generate --text good", file("text.pt2")), "the model generates no text", "must be logits");
        refused(Calls.of("generate --text good", file("image.pt2")), "there is no tokenizer in", "--tokenizer");
        refused(Calls.of("generate --text good --tokenizer nowhere.json", file("words.pt2")), "the file cannot be read");
        refused(Calls.of("generate --text good --top-p 2", file("words.pt2")), "--top-p must be above 0 and at most 1, not 2.0");
        refused(Calls.of("generate --text good --temperature 0", file("words.pt2")), "--temperature must be positive, not 0.0");
        refused(Calls.of("generate --text good --tokens 0", file("words.pt2")), "--tokens must be at least 1");
    }

    @Test void inputs_may_be_named_by_their_places_and_numbers_are_tensors_of_one_element() throws IOException {
        Path in = folder.resolve("in.safetensors"), out = folder.resolve("out.npz");
        try (var scope = Scope.open()) {
            Safetensors.save(in, Map.of("in0", Torch.ones(2, 3), "in1", Torch.tensor(3.0)), Map.of());
        }
        works("run --inputs", in, Path.of("--outputs"), out, file("values.ts"));
        try (var scope = Scope.open()) {
            Map<String, Tensor> java = Npy.loadAll(out);
            assertThat(java.get("scaled").torchEquals(Torch.full(new long[] {2, 3}, 3.0))).isTrue();
            assertThat(java.get("sum").itemDouble()).isEqualTo(6);
        }
    }

    @Test void outputs_of_images_and_texts_are_kept_in_one_file() throws IOException {
        Path out = folder.resolve("out.safetensors");
        Calls call = works("run --text good --text", Path.of("a good film"), file("text.pt2"), Path.of("--outputs"), out);
        assertThat(call.out()).contains("2 outputs written to " + out);
        try (var scope = Scope.open()) {
            assertThat(Safetensors.load(out).get("logits").shape()).containsExactly(2, 2);
        }
    }

    // ---- wrong calls of run

    private Path inputs(String name, Tensor t) throws IOException {
        Path in = folder.resolve(name + ".npz");
        Npy.saveAll(in, Map.of(name, t));
        return in;
    }

    private Calls run(Path in, String model) {
        return Calls.of("run --inputs", in, Path.of("--outputs"), folder.resolve("o.npz"), file(model));
    }

    @Test void wrong_inputs_are_named_with_what_the_model_takes() throws IOException {
        try (var scope = Scope.open()) {
            refused(run(inputs("y", Torch.ones(1)), "image.pt2"),
                    "has 'y', which is no input of the model, did you mean x? It takes x, or in0");
            refused(run(inputs("picture", Torch.ones(1)), "image.pt2"),
                    "has 'picture', which is no input of the model; it takes x, or in0");
            refused(run(inputs("input_ids", Torch.ones(1, 3)), "text.pt2"), "lacks the input attention_mask: int64 [s");
            refused(run(inputs("x", Torch.ones(1, 3, 16, 17)), "image.pt2"), "input 'x': dimension 3 is 17",
                    "the model takes x: float32 [s", ", 3, 16, 16]");
            refused(run(inputs("x", Torch.ones(1, 3, 16, 16).to(panatorch.DType.FLOAT64)), "image.pt2"), "input 'x'", "float64", "float32");
            refused(run(inputs("x", Torch.ones(2)), "image.ts"), "the model failed on these inputs");
        }
        refused(Calls.of("run --outputs o.npz --inputs", folder.resolve("none.npz"), file("image.pt2")), "there is no ");
        refused(Calls.of("run --outputs o.txt --inputs", file("in.npz"), file("text.pt2")), "the extension of o.txt is unknown");
        refused(Calls.of("run --inputs", file("in.npz"), file("text.pt2")), "--inputs needs --outputs");
    }

    @Test void what_a_model_does_not_take_is_said() throws IOException {
        refused(Calls.of("run --text hello", file("image.pt2")), "there is no tokenizer in", "x: float32");
        refused(Calls.of("run", file("text.pt2"), file("picture.png")), "nothing says how images become inputs", "input_ids: int64");
        refused(Calls.of("run --text hello", file("image.pt2"), file("picture.png")), "images or texts, and both were given");
        refused(Calls.of("run", file("static.pt2"), file("picture.png")), "takes 2 at a time, and there are 1");
        refused(Calls.of("run", file("image.pt2")), "run needs an image", "panatorch inspect");
        refused(Calls.of("run --prepocessing x", file("image.pt2")), "unknown option --prepocessing, did you mean", "--preprocessing?");
        Path other = Files.writeString(folder.resolve("other.json"), "{\"input_size\": [3, 32, 32]}");
        refused(Calls.of("run --preprocessing", other, file("image.pt2"), file("picture.png")), "images of 32 × 32 pixels", "3, 16, 16]");
        refused(Calls.of("run", file("image.pt2"), file("expected.json")), "expected.json cannot be read: it is not a JPEG");
    }

    @Test void files_that_are_no_models_are_called_what_they_are() throws IOException {
        Path junk = Files.write(folder.resolve("junk.pt2"), "hello".repeat(100).getBytes(StandardCharsets.UTF_8)),
                weights = folder.resolve("w.pth");
        try (var scope = Scope.open()) {
            TorchFile.save(weights, Map.of("w", Torch.ones(2)));
        }
        refused(Calls.of("run", junk, file("picture.png")), "junk.pt2", "it is not a zip archive, as .pt2 and .ts files are");
        refused(Calls.of("run", weights, file("picture.png")), "holds weights, not a model with its code");
        refused(Calls.of("run", folder.resolve("none.pt2"), file("picture.png")), "there is no ", "none.pt2");
        refused(Calls.of("run --outputs o.npz --inputs", file("in.npz"), file("twice.pt2")), "panatorch_demo::twice: before loading");
        refused(Calls.of("run", file("weightless.pt2"), file("picture.png")), "exported without weights. --weights names a file");
        byte[] cut = Files.readAllBytes(file("image.pt2"));
        Path half = Files.write(folder.resolve("half.pt2"), java.util.Arrays.copyOf(cut, cut.length / 2));
        refused(Calls.of("run", half, file("picture.png")), "half.pt2");
    }

    // ---- inspect

    @Test void inspect_tells_what_a_program_takes_and_consists_of() throws IOException {
        assertThat(works("inspect", file("image.pt2")).out()).contains("exported program of torch 2.13", "267 parameters", "3, 16, 16]",
                "1 or more", "aten::conv2d", "float32", "labels.json", "nothing is missing");
        JsonNode said = JSON.readTree(works("inspect --json", file("text.pt2")).out());
        assertThat(said.at("/inputs/input_ids").asText()).matches("int64 \\[s\\d+, s\\d+]");
        assertThat(said.at("/outputs/logits").asText()).startsWith("float32");
        assertThat(said.at("/operators/aten::embedding").asInt()).isEqualTo(1);
        assertThat(said.get("sizes").toString()).contains("1 to 8");
        assertThat(said.get("tensors").findValuesAsText("name")).contains("embedding.weight", "head.bias");
    }

    @Test void inspect_tells_what_is_missing_to_run_a_program() {
        assertThat(works("inspect", file("twice.pt2")).out()).contains("missing", "panatorch_demo::twice");
        assertThat(works("inspect", file("weightless.pt2")).out()).contains("without data", "--weights")
                .doesNotContain("nothing is missing");
    }

    @Test void inspect_reads_scripts() {
        assertThat(works("inspect", file("image.ts")).out()).contains("TorchScript", "x  Tensor", "aten::", "267 parameters",
                "labels.json");
        assertThat(works("inspect", file("values.ts")).out()).contains("factor  float, optional", "Dict[str, Tensor]");
    }

    // ---- optimize

    @Test void an_optimised_script_computes_the_same_with_the_same_extra_files() throws IOException {
        Path fast = folder.resolve("fast.ts");
        assertThat(works("optimize", file("image.ts"), fast).out()).contains("frozen", "written to " + fast);
        JsonNode said = JSON.readTree(works("run --json", fast, file("picture.png")).out());
        assertProbabilities(said.at("/predictions/0/classes"), "picture.png");
        assertThat(said.at("/predictions/0/classes/0/label").asText()).isEqualTo("airplane");
        assertThat(works("inspect", fast).out()).doesNotContain("batch_norm");
        refused(Calls.of("optimize", fast, fast), "the same file");
        refused(Calls.of("optimize", file("picture.png"), fast), "not a zip archive");
    }

    // ---- evaluate

    @Test void a_model_file_is_evaluated_on_a_folder_of_images_and_on_the_built_in_ones() throws IOException {
        for (String name : List.of("airplane", "bird", "cat")) {
            Path images = Files.createDirectories(folder.resolve("data/test/" + name));
            for (int i = 0; i < 3; i++) {
                var picture = new BufferedImage(20 + i, 18, BufferedImage.TYPE_INT_RGB);
                for (int x = 0; x < 18; x++) picture.setRGB(x, x, 0xFF00 + 40 * i * x);
                ImageIO.write(picture, "png", images.resolve(i + ".png").toFile());
            }
        }
        Path out = folder.resolve("evaluated");
        JsonNode said =
                JSON.readTree(works("evaluate --dataset folder --json --batch-size 4 --model-file", file("image.pt2"), Path.of("--data"),
                        folder.resolve("data"), Path.of("--out"), out, Path.of("--labels"),
                        Files.writeString(folder.resolve("labels.txt"), "airplane\nbird\ncat\n")).out());
        assertThat(said.get("images").asInt()).isEqualTo(9);
        assertThat(said.at("/config/model").asText()).isEqualTo("exported program");
        assertThat(said.get("accuracy").asDouble()).isCloseTo(1 / 3.0, within(1e-9)); // each class has the same pictures
        assertThat(out.resolve("metrics.json")).exists();
        Calls script = Calls.of("evaluate --dataset folder --model-file", file("image.ts"), Path.of("--data"), folder.resolve("data"));
        assertThat(script.out()).contains("TorchScript on folder", "test accuracy 33.33 %");
        assertThat(script.err()).contains("are not those that the network was trained on");
        refused(Calls.of("evaluate --dataset synthetic --limit-test 4 --model-file", file("image.pt2")),
                "the model has 3 classes, and the data set 10");
    }

    @Test void what_an_evaluation_of_a_model_file_lacks_is_said() {
        refused(Calls.of("evaluate --dataset synthetic"), "evaluate needs --checkpoint", "--model-file");
        refused(Calls.of("evaluate --model-file", file("image.pt2")), "--dataset is needed with --model-file: one of synthetic");
        refused(Calls.of("evaluate --mc 4 --dataset synthetic --model-file", file("image.pt2")), "--mc has no effect with --model-file");
        refused(Calls.of("evaluate --optimize --checkpoint", file("image.safetensors")), "--optimize has no effect without --model-file");
        refused(Calls.of("evaluate --dataset synthetic --model-file", file("text.pt2")), "nothing says how images become inputs");
    }
}
