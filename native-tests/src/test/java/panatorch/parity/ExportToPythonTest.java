package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.ExportedProgram;
import panatorch.export.Exporter;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.Bert;
import panatorch.nn.Module;
import panatorch.serialize.Safetensors;

/** Every module and model, exported in Java, computes in Python what it computes here; {@code exported_in_java.py} compares. */
@NoTensorLeaks
class ExportToPythonTest {
    private static final Path SCRIPT = Path.of("src/test/python/exported_in_java.py");

    @TempDir
    Path folder;

    @BeforeAll static void the_modules_tensors() throws Exception { ModulesParityTest.the_same_instructions_and_the_tensors(); }

    @AfterAll static void the_modules_tensors_are_closed() { ModulesParityTest.the_tensors_are_closed(); }

    /** The first case of each module in each mode, as Python takes its time for each program. */
    @Test void modules_compute_in_python_what_they_compute_here() throws Exception {
        requirePython();
        var exported = new LinkedHashSet<String>();
        var refused = new ArrayList<String>();
        for (JsonNode c : ModulesParityTest.lines().stream().skip(1).toList()) {
            String name = c.get("module").asText() + (c.get("training").asBoolean() ? "" : "-eval");
            if (exported.contains(name)) continue;
            try (var scope = Scope.open()) {
                export(name, c);
                exported.add(name);
            } catch (RuntimeException e) {
                refused.add(name + ": " + e);
            }
        }
        // those that read a number of batches, variances or targets in Java, as their Python code does, which torch.export refuses, too
        assertThat(refused).allMatch(r -> r.contains("aten::item")
                && r.matches("(BatchNorm|GaussianNLLLoss|AdaptiveLogSoftmaxWithLoss).*"));
        assertThat(exported).hasSizeGreaterThan(140);
        assertThat(wrongInPython()).isEmpty();
    }

    /** Exports a module and notes what the program computes for the same inputs. */
    private void export(String name, JsonNode c) throws IOException {
        Torch.manualSeed(1);
        try (Module module = ModulesParityTest.built(c)) {
            List<Tensor> inputs = new ArrayList<>();
            for (JsonNode id : c.get("inputs"))
                inputs.add(id.isNull() ? null : ModulesParityTest.given(ModulesParityTest.stored(id.asText())));
            try (ExportedProgram program = Exporter.of(module).export(inputs.toArray(Tensor[]::new))) {
                program.save(folder.resolve(name + ".pt2"));
                save(name, module, inputs.stream().filter(Objects::nonNull).toList(), Map.of());
            }
        }
    }

    private void save(String name, Module module, List<Tensor> inputs, Map<String, Tensor> gradients) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>(gradients);
        for (int i = 0; i < inputs.size(); i++) tensors.put("in" + i, inputs.get(i).contiguous());
        Torch.manualSeed(2);
        try (var program = ExportedProgram.load(folder.resolve(name + ".pt2")); var noGrad = NoGrad.enter()) {
            List<Tensor> outputs = program.callAll(inputs.stream().map(Tensor::clone).toList());
            for (int i = 0; i < outputs.size(); i++) tensors.put("out" + i, outputs.get(i).contiguous());
        }
        Safetensors.save(folder.resolve(name + ".safetensors"), tensors, Map.of());
    }

    @Test void models_of_any_batch_size_compute_and_train_in_python_as_here() throws Exception {
        requirePython();
        for (String name : List.of("resnet18", "resnet50", "resnext50_32x4d", "cifar_resnet20", "cifar_resnet20_b", "vgg11_bn_cifar",
                "lenet5", "cuda_convnet_quick", "nin", "all_conv", "bert")) {
            try (var model = ModelsParityTest.filled(name); var scope = Scope.open()) {
                boolean bert = model instanceof Bert;
                JsonNode golden = ModelsParityTest.golden(name);
                List<Tensor> inputs = ModelsParityTest.inputs(model, golden);
                var exporter = Exporter.of(model);
                for (int i = 0; i < inputs.size(); i++) {
                    exporter.dynamic(i, 0, "batch");
                    if (bert) exporter.dynamic(i, 1, "length", 1, 16);
                }
                try (ExportedProgram program = exporter.export(inputs.toArray(Tensor[]::new))) {
                    program.save(folder.resolve(name + ".pt2"));
                    List<Tensor> three = inputs.stream().map(t -> t.narrow(0, 0, 1).repeatInterleave(3, 0)).toList();
                    if (bert) three = three.stream().map(t -> t.narrow(1, 0, 5)).toList();
                    model.callAll(three).getFirst().square().sum().backward();
                    var gradients = new LinkedHashMap<String, Tensor>();
                    model.namedParameters().forEach((n, p) -> { if (p.grad() != null) gradients.put("grad." + n, p.grad()); });
                    save(name, model, three, gradients);
                    model.zeroGrad();
                }
            }
        }
        assertThat(wrongInPython()).isEmpty();
    }

    private static void requirePython() {
        assumeTrue(System.getenv("PYTHON") != null, "skipped: set PYTHON to an interpreter with torch 2.13 and safetensors");
    }

    private List<String> wrongInPython() throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(System.getenv("PYTHON"), SCRIPT.toString(), folder.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        assumeTrue(status != 3, "skipped: PYTHON lacks a package: " + output.strip());
        assertThat(status).as(output).isZero();
        try (Stream<String> lines = output.lines()) {
            return lines.filter(l -> l.startsWith("wrong ")).toList();
        }
    }
}
