package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.SGD;
import panatorch.serialize.MalformedFileException;

/** Files of scripts: loaded, refused, frozen, and saved for Python. */
@NoTensorLeaks
class ScriptModulesTest {
    @TempDir
    Path folder;

    @Test void operators_that_are_missing_are_named() {
        assertThatThrownBy(() -> Scripts.load("missing.ts")).isInstanceOf(UnsupportedOperationException.class).hasMessage(Scripts.FILES
                .resolve("missing.ts")
                + " calls operators that this libtorch does not have: others::crop, torchvision::qnms. Load the library that has them with "
                + "Operators.load, or write them in Java with OperatorLibrary; "
                + "of torchvision, only the operators for boxes, regions and deformable convolutions are here.");
    }

    @Test void files_that_are_no_scripts_are_refused_in_a_sentence() throws IOException {
        Path junk = Files.writeString(folder.resolve("junk.ts"), "this is not a model");
        assertThatThrownBy(() -> ScriptModule.load(junk)).isInstanceOf(MalformedFileException.class)
                .hasMessageEndingWith("junk.ts: it is not a file of torch.jit.save, which is a zip archive");
        byte[] whole = Files.readAllBytes(Scripts.FILES.resolve("net.ts"));
        assertThatThrownBy(() -> ScriptModule.load(Arrays.copyOf(whole, whole.length / 2), null)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("the file was truncated");
        assertThatThrownBy(() -> ScriptModule.load(Path.of("src/test/resources/serialize/zip.pt")))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("it is a file of torch.save, not of torch.jit.save");
        assertThatThrownBy(() -> ScriptModule.load(folder.resolve("none.ts"))).isInstanceOf(IOException.class)
                .hasMessageStartingWith("there is no file");
        assertThatThrownBy(() -> ScriptModule.load(folder)).isInstanceOf(IOException.class).hasMessageEndingWith("is not a file");
    }

    @Test void frozen_and_optimised_copies_compute_the_same() throws IOException {
        try (var net = Scripts.load("net.ts"); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Map<String, Tensor> wanted = Scripts.expected();
            Tensor x = wanted.get("net.x");
            assertThatThrownBy(net::freeze).isInstanceOf(IllegalStateException.class)
                    .hasMessage("a module in training mode cannot be frozen; call eval() first");
            assertThatThrownBy(net::optimizeForInference).isInstanceOf(IllegalStateException.class);
            net.eval();
            try (var frozen = net.freeze(); var fast = net.optimizeForInference(); var both = frozen.optimizeForInference()) {
                assertThat(frozen.parameters()).isEmpty();
                for (int i = 0; i < 3; i++) {
                    Scripts.assertClose(frozen.forward(x), wanted.get("net.forward"));
                    Scripts.assertClose(fast.forward(x), wanted.get("net.frozen"));
                    Scripts.assertClose(both.forward(x), wanted.get("net.frozen"));
                }
            }
            try (var kinds = Scripts.load("kinds.ts")) {
                kinds.eval();
                try (var frozen = kinds.freeze("bad", "factor")) {
                    assertThat(frozen.methods()).containsKeys("forward", "bad");
                    assertThat(frozen.attribute("factor")).isEqualTo(2.0);
                }
            }
        }
    }

    @Test void traces_and_quantised_models_run() throws IOException {
        try (var traced = Scripts.load("traced.ts"); var quantized = Scripts.load("quantized.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = Scripts.expected();
            Scripts.assertClose(traced.forward(wanted.get("net.x").narrow(0, 0, 2)), wanted.get("traced.forward"));
            Scripts.assertClose(quantized.forward(wanted.get("quantized.x")), wanted.get("quantized.forward"));
        }
    }

    @Test void a_submodule_runs_by_itself() throws IOException {
        try (var net = Scripts.load("net.ts"); var scope = Scope.open()) {
            net.eval();
            var features = (ScriptModule) net.namedChildren().get("features");
            assertThat(features.forward(Scripts.expected().get("net.x")).shape()).containsExactly(6, 4, 2, 2);
        }
    }

    // ---- files

    @Test void bytes_streams_and_devices_load() throws IOException {
        byte[] bytes = Files.readAllBytes(Scripts.FILES.resolve("kinds.ts"));
        try (var a = ScriptModule.load(bytes, null); var b = ScriptModule.load(new ByteArrayInputStream(bytes), Device.CPU);
                var scope = Scope.open()) {
            Map<String, Tensor> wanted = Scripts.expected();
            a.eval();
            b.eval();
            Scripts.assertClose(a.forward(wanted.get("kinds.x")), wanted.get("kinds.forward"));
            Scripts.assertClose(b.forward(wanted.get("kinds.x")), wanted.get("kinds.forward"));
            assertThat(a.extraFiles()).containsOnlyKeys("labels.json", "bytes.bin");
            assertThat(a.extraFiles().get("bytes.bin")).containsExactly(0, 1, 0xff);
            assertThat(new String(a.extraFiles().get("labels.json"), StandardCharsets.UTF_8)).isEqualTo("[\"a\", \"b\"]");
        }
    }

    @Test void saved_scripts_load_again_here_and_in_python() throws IOException, InterruptedException {
        try (var scope = Scope.open(); var kinds = Scripts.load("kinds.ts"); var net = Scripts.load("net.ts");
                var state = Scripts.load("state.ts");
                var sgd = new SGD(net.parameters(), SGD.options(0.1).momentum(0.9))) {
            Map<String, Tensor> wanted = Scripts.expected();
            kinds.eval();
            kinds.setAttribute("factor", 3);
            kinds.setAttribute("label", "größer");
            kinds.setAttribute("limits", List.of(4));
            kinds.setAttribute("table", Map.of("z", List.of(7)));
            kinds.setAttribute("maybe", 5);
            kinds.save(folder.resolve("kinds.ts"),
                    Map.of("labels.json", "[1]".getBytes(StandardCharsets.UTF_8), "bytes.bin", new byte[] {0, (byte) 0xfe}));
            ScriptWeightsTest.losses(net, sgd, wanted);
            net.save(folder.resolve("net.ts"));
            try (var fresh = Scripts.load("net.ts")) {
                fresh.eval();
                try (var frozen = fresh.freeze()) {
                    frozen.save(folder.resolve("frozen.ts"));
                }
            }
            try (var noGrad = NoGrad.enter()) {
                state.forward(Torch.tensor(new float[] {1, 2}));
            }
            state.save(folder.resolve("state.ts"));
            try (var again = ScriptModule.load(folder.resolve("kinds.ts")); var files = Files.list(folder)) {
                assertThat(again.isTraining()).isFalse();
                Scripts.assertClose(again.forward(wanted.get("kinds.x")), wanted.get("kinds.forward"));
                assertThat(again.attribute("table")).isEqualTo(Map.of("z", List.of(7L)));
                assertThat(again.extraFiles().get("bytes.bin")).containsExactly(0, 0xfe);
                assertThat(files.map(p -> p.getFileName().toString())).containsExactlyInAnyOrder("kinds.ts", "net.ts", "frozen.ts",
                        "state.ts");
            }
        }
        Scripts.python(folder, "check");
    }
}
