package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program is told of its leaks under {@code -Dpanatorch.leaks=trace}; each test starts one. */
class LeakReportTest {
    @TempDir
    Path folder;

    /** A program that forgets a tensor. */
    static final class Forgetful {
        private Forgetful() {}

        static void main(String[] args) throws InterruptedException {
            Torch.ones(1);
            for (int i = 0; i < 500 && Torch.memoryStats().collectedTensors() == 0; i++) {
                System.gc();
                Thread.sleep(10);
            }
        }
    }

    private String said(String classPath) throws Exception {
        Path output = folder.resolve("output.txt");
        Process program = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dpanatorch.leaks=trace",
                "-cp", classPath, Forgetful.class.getName())).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(program.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return Files.readString(output);
    }

    @Test void without_a_logging_framework_they_are_on_the_error_stream_and_log4j_does_not_complain() throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
                .filter(entry -> !entry.contains("log4j-core")).collect(Collectors.joining(java.io.File.pathSeparator));
        assertThat(said(classPath))
                .contains("WARNING: A tensor outside any scope was garbage before it was closed.", "the tensor was made here",
                        "Forgetful.main(LeakReportTest.java:")
                .doesNotContain("Log4j");
    }

    @Test void with_one_that_was_not_configured_they_are_there_too() throws Exception {
        assertThat(said(System.getProperty("java.class.path")))
                .contains("WARNING: A tensor outside any scope was garbage before it was closed.", "Forgetful.main(LeakReportTest.java:");
    }

    @Test void with_one_that_shows_warnings_they_are_in_its_log() throws Exception {
        Path settings = Files.writeString(folder.resolve("log4j2-test.properties"), """
                appender.out.type = Console
                appender.out.name = out
                appender.out.layout.type = PatternLayout
                appender.out.layout.pattern = [%p %c{1}] %m%n%ex
                rootLogger.level = warn
                rootLogger.appenderRef.out.ref = out
                """);
        assertThat(said(settings.getParent() + java.io.File.pathSeparator + System.getProperty("java.class.path")))
                .contains("[WARN LiveTensors] A tensor outside any scope was garbage before it was closed.",
                        "Forgetful.main(LeakReportTest.java:")
                .doesNotContain("WARNING");
    }
}
