package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.export.ExportedProgram;
import panatorch.export.Inputs;
import panatorch.export.Outputs;
import panatorch.export.Signature;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.Safetensors;

/**
 * Public architectures with random weights, exported by {@code src/test/python/exported_models.py} and run here: the same outputs, and for
 * some of them the same gradients and buffers.
 */
@NoTensorLeaks
class ExportedModelsTest {
    private static final Path SCRIPT = Path.of("src/test/python/exported_models.py");
    private static final double TOLERANCE = 1e-4;

    @TempDir
    Path folder;

    /** Exports all models of a package and returns the names of those that Python can export. */
    private List<String> export(String library) throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null,
                "skipped: set PYTHON to an interpreter with torch 2.13, safetensors, transformers, timm and torchvision");
        Process process = new ProcessBuilder(python, SCRIPT.toString(), folder.toString(), library).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        assumeTrue(status != 3, "skipped: PYTHON lacks a package: " + output.strip());
        assertThat(status).as(output).isZero();
        return output.lines().filter(l -> l.startsWith("exported ")).map(l -> l.substring("exported ".length())).toList();
    }

    @ParameterizedTest
    @CsvSource({"transformers, 27", "timm, 30", "torchvision, 13"}) void public_models_compute_what_they_compute_in_python(String library,
            int least)
            throws Exception {
        List<String> names = export(library);
        assertThat(names).hasSizeGreaterThanOrEqualTo(least);
        var wrong = new ArrayList<String>();
        for (String name : names) {
            try {
                compare(name);
            } catch (Exception | AssertionError e) {
                wrong.add(name + ": " + e);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private void compare(String name) throws IOException {
        try (var scope = Scope.open(); var program = ExportedProgram.load(folder.resolve(name + ".pt2"))) {
            Map<String, Tensor> python = Safetensors.load(folder.resolve(name + ".safetensors"));
            boolean trained = python.keySet().stream().anyMatch(k -> k.startsWith("grad."));
            Inputs inputs = Inputs.of();
            for (Signature.Value v : program.signature().inputs())
                if (v instanceof Signature.TensorValue) inputs = inputs.and(v.name(), python.get(v.name()));
            try (var noGrad = trained ? NoGrad.enableGrad() : NoGrad.enter()) {
                Outputs outputs = program.run(inputs);
                for (int i = 0; i < outputs.all().size(); i++)
                    if (outputs.all().get(i) instanceof Tensor t) assertSame("output " + i, t.detach(), python.get("out" + i));
                if (!trained) return;
                outputs.tensor(0).to(DType.FLOAT32).square().sum().backward();
            }
            Map<String, Tensor> parameters = program.namedParameters(), buffers = program.namedBuffers();
            python.forEach((key, t) -> {
                if (key.startsWith("grad.")) assertSame(key, parameters.get(key.substring(5)).grad(), t);
                if (key.startsWith("buffer.")) assertSame(key, buffers.get(key.substring(7)), t);
            });
        }
        Files.delete(folder.resolve(name + ".pt2"));
    }

    private static void assertSame(String what, Tensor actual, Tensor expected) {
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        assertThat(actual.dtype()).as(what).isEqualTo(expected.dtype());
        if (actual.numel() == 0) return;
        Tensor a = actual.to(DType.FLOAT64), e = expected.to(DType.FLOAT64);
        double largest = Math.max(e.abs().max().itemDouble(), 1e-6), difference = a.sub(e).abs().max().itemDouble();
        assertThat(difference).as(what).isLessThanOrEqualTo(TOLERANCE * largest);
    }
}
