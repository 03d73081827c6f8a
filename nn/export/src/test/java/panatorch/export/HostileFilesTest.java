package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Damaged programs, in a process of their own: none ends it, and all are refused by an exception or run.
 * {@code -Dpanatorch.mutations=20000} tries more of them.
 */
class HostileFilesTest {
    @Test void no_damaged_program_ends_the_process() throws Exception {
        String count = System.getProperty("panatorch.mutations", "600"), seed = System.getProperty("panatorch.seed", "1");
        var command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-XX:-CreateCoredumpOnCrash", "-cp", System.getProperty("java.class.path"), Mutations.class.getName(), count, seed);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TORCH_CPP_LOG_LEVEL", "FATAL");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        String last = Objects.requireNonNull(output.lines().reduce((a, b) -> b).orElse(null), output);
        assertThat(last).startsWith("done").contains("MalformedFileException", "ran");
    }
}
