package panatorch.internal.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

@EnabledOnOs(OS.LINUX)
@Timeout(120)
class ProcessEndTest {
    private static final int STATUS = 7, TERMINATED = 128 + 15;

    @TempDir
    Path folder;

    /** Has the C library abort the process where it would run destructors, writes a line with it, and ends. */
    static final class Ending {
        private Ending() {}

        @SuppressWarnings("restricted") static void main(String[] args) throws Throwable {
            var linker = Linker.nativeLinker();
            var libc = linker.defaultLookup();
            int done = (int) linker.downcallHandle(libc.findOrThrow("on_exit"), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS))
                    .invokeExact(libc.findOrThrow("abort"), MemorySegment.NULL);
            assertThat(done).isZero();
            Torch.zeros(1).close();
            try (var arena = Arena.ofConfined()) {
                int _ = (int) linker.downcallHandle(libc.findOrThrow("puts"), FunctionDescriptor.of(JAVA_INT, ADDRESS))
                        .invokeExact(arena.allocateFrom("written by the C library"));
            }
            System.exit(STATUS);
        }
    }

    /** Three threads that spend their time in {@code backward}, without an end. */
    static final class Training {
        private Training() {}

        static void main(String[] args) {
            for (int i = 0; i < 3; i++) new Thread(Training::train).start();
        }

        private static void train() {
            try (var scope = Scope.open()) {
                Tensor w = Torch.randn(8, 8).requiresGrad_(true), x = Torch.randn(4, 8);
                for (int step = 0; true; step++) {
                    try (var inner = Scope.open()) {
                        Tensor y = x;
                        for (int i = 0; i < 2_000; i++) y = y.matmul(w).tanh();
                        y.sum().backward();
                        w.setGrad(null);
                    }
                    if (step == 1) System.out.println("training");
                }
            }
        }
    }

    private Process start(Class<?> program, String... options) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(options));
        command.add(program.getName());
        return new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output().toFile()).start();
    }

    private Path output() { return folder.resolve("output"); }

    @Test void destructors_of_native_libraries_do_not_run_but_output_is_written_and_the_status_stays() throws Exception {
        assertThat(start(Ending.class).waitFor()).as(Files.readString(output())).isEqualTo(STATUS);
        assertThat(output()).hasContent("written by the C library");
    }

    @Test void they_run_where_that_is_wanted() throws Exception {
        assertThat(start(Ending.class, "-Dpanatorch.exit=default", "-XX:-CreateCoredumpOnCrash").waitFor()).isNotEqualTo(STATUS);
    }

    @Test void a_process_that_is_terminated_within_backward_ends_as_any_other() throws Exception {
        Process p = start(Training.class);
        try {
            while (p.isAlive() && !Files.readString(output()).contains("training")) Thread.sleep(20);
            p.destroy();
            assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(p.exitValue()).as(Files.readString(output())).isEqualTo(TERMINATED);
            try (var files = Files.list(folder)) {
                assertThat(files).containsExactly(output());
            }
        } finally {
            p.destroyForcibly();
        }
    }
}
