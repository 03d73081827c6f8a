package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.Bert;
import panatorch.models.ResNet;
import panatorch.serialize.StateDicts;

/**
 * Models that Python's libraries make and save, loaded here as anybody would: the same logits. {@code src/test/python/world.py} exports
 * them.
 */
@NoTensorLeaks
class WorldTest {
    private static final Path SCRIPT = Path.of("src/test/python/world.py");

    @TempDir
    Path folder;

    /** What the script computed, by name. */
    private Map<String, Tensor> export(String... what) throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null,
                "skipped: set PYTHON to an interpreter with torch, safetensors, torchvision, timm and transformers, which exports models");
        var command =
                Stream.concat(Stream.of(python, SCRIPT.toString()), Stream.concat(Stream.of(what), Stream.of(folder.toString()))).toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        assumeTrue(status != 3, "skipped: PYTHON lacks a package: " + output.strip());
        assertThat(status).as(output).isZero();
        return StateDicts.load(folder.resolve("expected.safetensors"));
    }

    private static void assertSame(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        double largest = expected.abs().max().itemDouble();
        assertThat(largest).isGreaterThan(0.01);
        assertThat(actual.sub(expected).abs().max().itemDouble()).isLessThan(1e-5 * largest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"torchvision", "timm"}) void a_resnet50_gives_the_logits_it_gives_in_python(String library) throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var model = ResNet.resnet50(ResNet.Stem.IMAGENET, 10)) {
            Map<String, Tensor> expected = export("resnet50", library);
            model.eval();
            for (String file : List.of("weights.pt", "weights.safetensors")) {
                model.parameters().forEach(Tensor::zero_);
                model.loadStateDict(StateDicts.load(folder.resolve(file)));
                assertSame(model.call(expected.get("images")), expected.get("logits"));
            }
        }
    }

    @Test void a_bert_of_hugging_face_gives_the_logits_it_gives_in_python() throws Exception {
        var options = Bert.options(3, 64, 4).vocabulary(97).intermediate(128).positions(32);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var model = new Bert(options, 5)) {
            Map<String, Tensor> expected = export("bert");
            Tensor tokens = expected.get("tokens"), mask = expected.get("mask"), types = expected.get("types");
            model.eval();
            for (String file : List.of("whole/model.safetensors", "sharded/model.safetensors.index.json")) {
                model.parameters().forEach(Tensor::zero_);
                model.loadStateDict(StateDicts.load(folder.resolve(file)));
                assertSame(model.forward(tokens, mask, types), expected.get("logits"));
            }
            assertThat(model.call(tokens).torchEquals(model.forward(tokens, mask, null)))
                    .as("padding is masked where nobody says what counts").isTrue();
        }
    }
}
