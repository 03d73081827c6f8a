package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: the console, signals, and a libtorch that does not load. */
class ProcessTest {
    private static final int SIGTERM = 15;

    @TempDir Path folder;

    private Process start(List<String> jvm, String... args) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(jvm);
        command.add(Panatorch.class.getName());
        command.addAll(List.of(args));
        return new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(folder.resolve("out").toFile()).redirectError(folder.resolve("err").toFile()).start();
    }

    private static int finish(Process p) throws InterruptedException {
        assertThat(p.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return p.exitValue();
    }

    private String err() throws IOException { return Files.readString(folder.resolve("err"), StandardCharsets.UTF_8); }

    @Test void the_console_shows_no_warnings_of_the_jvm() throws Exception {
        assertThat(finish(start(List.of(), "doctor"))).isZero();
        assertThat(err()).doesNotContain("WARNING");
    }

    @Test void a_libtorch_that_does_not_load_is_a_failure_with_one_sentence() throws Exception {
        assertThat(finish(start(List.of("-Dpanatorch.libtorch=" + folder.resolve("nowhere")), "doctor"))).isEqualTo(1);
        assertThat(err()).contains(folder.resolve("nowhere").toString()).hasLineCount(1).doesNotContain("\tat ");
        assertThat(folder.resolve("out")).content().contains("JDK");
    }

    /** Ctrl-C takes the same way; but a shell that runs the tests in the background makes their children deaf to it. */
    @Test void a_signal_ends_a_run_between_two_batches() throws Exception {
        Process run = start(List.of("-XX:+UseSerialGC"), "train", "--epochs", "1000", "--limit-train", "128", "--limit-test", "50", "--batch-size", "64", "--out", "run");
        Path metrics = folder.resolve("run").resolve("metrics.json");
        for (int i = 0; i < 600 && run.isAlive() && !Files.exists(metrics); i++) Thread.sleep(100);
        assertThat(metrics).exists();
        run.destroy();
        assertThat(finish(run)).isEqualTo(128 + SIGTERM);
        assertThat(err()).startsWith("Interrupted: ").contains("metrics.json").hasLineCount(1);
        try (var files = Files.list(folder.resolve("run"))) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactly("metrics.json");
        }
    }
}
