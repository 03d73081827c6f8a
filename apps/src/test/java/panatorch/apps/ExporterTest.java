package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** Models that {@code python/panatorch_export.py} exports with random weights, run here: the numbers are Python's. */
@NoTensorLeaks
@EnabledIfEnvironmentVariable(named = "PYTHON", matches = ".+",
        disabledReason = "set PYTHON to a Python with torch 2.13 and timm, torchvision or transformers")
class ExporterTest {
    private static final Path EXPORTER = Path.of("python/panatorch_export.py"), CHECK = Path.of("src/test/python/exported_files.py");

    @TempDir
    Path folder;

    private record Answer(int status, String text) {}

    private Answer python(Path program, Object... arguments) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of(System.getenv("PYTHON"), program.toAbsolutePath().toString()));
        for (Object a : arguments) words.add(a.toString());
        Path text = folder.resolve("answer");
        Process p = new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(text.toFile()).start();
        int status = p.waitFor();
        return new Answer(status, Files.readString(text, StandardCharsets.UTF_8));
    }

    /** Exports a model, unless the library is missing. */
    private Answer export(Object... arguments) throws IOException, InterruptedException {
        Answer a = python(EXPORTER, arguments);
        assumeTrue(!a.text.contains(" is missing; install it"), "skipped: " + a.text.strip());
        assertThat(a.status).as(a.text).isZero();
        assertThat(a.text).contains("the program computes what the model computes", "ExportedProgram.load(");
        return a;
    }

    private static String run(String line, Path... paths) {
        Calls call = Calls.of(line, paths);
        assertThat(call.err()).isEmpty();
        return call.out();
    }

    /** Runs the model on tensors made by Python, and compares the outputs with those of Python. */
    private void assertSameOutputs(String model, int batch, int length) throws IOException, InterruptedException {
        Path in = folder.resolve("in.safetensors"), out = folder.resolve("out.safetensors"), file = folder.resolve(model);
        Answer made = python(CHECK, "inputs", file, in, batch, length);
        assertThat(made.status).as(made.text).isZero();
        run("run --inputs", in, Path.of("--outputs"), out, file);
        Answer same = python(CHECK, "compare", file, in, out);
        assertThat(same.status).as(same.text).isZero();
    }

    @Test void a_model_of_timm_has_labels_preprocessing_and_a_dynamic_batch() throws Exception {
        assertThat(export("timm:resnet10t", "--random", "--size", 64).text).contains("Preprocessing.parse");
        assertSameOutputs("resnet10t.pt2", 3, 0);
        Path picture = Path.of(ExporterTest.class.getResource("models/picture.png").toURI());
        assertThat(new ObjectMapper().readTree(run("run --json --top 3", folder.resolve("resnet10t.pt2"), picture))
                .at("/predictions/0/classes")).hasSize(3);
        Answer unknown = python(EXPORTER, "timm:resnet10x", "--random");
        assertThat(unknown.status).isEqualTo(2);
        assertThat(unknown.text).contains("timm has no model 'resnet10x'").hasLineCount(1);
    }

    @Test void a_model_of_torchvision_is_exported_with_its_labels() throws Exception {
        export("torchvision:squeezenet1_1", "--random", "--size", 64);
        assertSameOutputs("squeezenet1_1.pt2", 2, 0);
        assertThat(run("inspect", folder.resolve("squeezenet1_1.pt2"))).contains("labels.json", "preprocessing.json", "1 or more");
    }

    @Test void a_folder_of_transformers_becomes_a_model_that_reads_texts_without_its_weights_too() throws Exception {
        Answer made = python(CHECK, "folder", "bert");
        assumeTrue(made.status != 3, "skipped: " + made.text.strip());
        assertThat(made.status).as(made.text).isZero();
        assertThat(export("bert", "-o", "bert.pt2").text).contains("Tokenizers.parse");
        assertSameOutputs("bert.pt2", 3, 9);
        assertThat(export("bert", "-o", "light.pt2", "--weightless").text).contains("weights are left out");
        String whole = run("run --json --text hello", folder.resolve("bert.pt2")),
                light = run("run --json --text hello --weights", folder.resolve("bert"), folder.resolve("light.pt2"));
        assertThat(light).isEqualTo(whole).contains("\"label\":\"positive\"");
        assertThat(new File(folder.toFile(), "light.pt2").length()).isLessThan(new File(folder.toFile(), "bert.pt2").length());
    }

    @Test void a_language_model_with_its_cache_writes_the_words_of_transformers() throws Exception {
        Answer made = python(CHECK, "language", "llama");
        assumeTrue(made.status != 3, "skipped: " + made.text.strip());
        assertThat(made.status).as(made.text).isZero();
        assertThat(export("llama", "-o", "llama.pt2", "--generate", "--length", 30).text).contains("CausalModel.of(model)", ".stop(26)");
        String words = made.text.lines().reduce("", (_, last) -> last);
        assertThat(run("generate --tokens 20 --text", Path.of("a b"), folder.resolve("llama.pt2")).strip()).isEqualTo(words);
        JsonNode drawn = new ObjectMapper().readTree(
                run("generate --json --top-k 3 --seed 5 --text", Path.of("a b"), folder.resolve("llama.pt2")));
        assertThat(drawn.get("tokens").size()).as("to the end of the cache, or of the text").isBetween(1, 28);
        Calls full = Calls.of("generate --text", Path.of("a ".repeat(30)), folder.resolve("llama.pt2"));
        assertThat(full.err()).contains("--text has 30 tokens, and the model reads at most 30");
    }

    @Test void a_wrong_call_is_one_sentence() throws Exception {
        for (String wrong : List.of("nowhere", "keras:resnet")) {
            Answer a = python(EXPORTER, wrong);
            assertThat(a.status).isEqualTo(2);
            assertThat(a.text).contains("is neither a folder nor LIBRARY:NAME").hasLineCount(1);
        }
    }
}
