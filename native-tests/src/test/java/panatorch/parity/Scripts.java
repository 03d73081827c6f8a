package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.jit.ScriptModule;
import panatorch.serialize.Safetensors;

/** Scripts that Python compiled, and what it computed with them; {@code src/test/python/scripts.py} made them. */
final class Scripts {
    private Scripts() {}

    static final Path FILES = Path.of("src/test/resources/jit");
    private static final Path PYTHON_SCRIPT = Path.of("src/test/python/scripts.py");

    static ScriptModule load(String name) throws IOException { return ScriptModule.load(FILES.resolve(name)); }

    static Map<String, Tensor> expected() throws IOException { return Safetensors.load(FILES.resolve("expected.safetensors")); }

    static void assertClose(@Nullable Object actual, @Nullable Tensor wanted) {
        assertThat(actual).isInstanceOf(Tensor.class);
        Tensor t = (Tensor) actual;
        assertThat(t.shape()).isEqualTo(wanted.shape());
        float[] a = t.detach().contiguous().flatten().to(DType.FLOAT32).toFloatArray(),
                b = wanted.flatten().to(DType.FLOAT32).toFloatArray();
        for (int i = 0; i < a.length; i++) assertThat(a[i]).isCloseTo(b[i], org.assertj.core.data.Offset.offset(1e-5f));
    }

    static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(message);
    }

    /** Has Python read the files in the folder. */
    static void python(Path folder, String command) throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with torch 2.13 and safetensors, which reads Java's files");
        Process check = new ProcessBuilder(python, PYTHON_SCRIPT.toString(), command, folder.toString()).redirectErrorStream(true).start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor()).as(said).isZero();
    }
}
