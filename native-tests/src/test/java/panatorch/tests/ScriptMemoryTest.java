package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.jit.ScriptException;
import panatorch.jit.ScriptModule;

/**
 * Calls of scripts with values of all kinds, failing ones too, leave nothing behind in native memory, and neither do loads.
 */
class ScriptMemoryTest {
    private static final Path FILES = Path.of("src/test/resources/jit");
    /** A call that left an object of 16 bytes behind would be seen. */
    private static final int ROUNDS = 5_000, CALLS_A_ROUND = 6, RUNS = 4;
    private static final long CALLS_SLACK_BYTES = 64 << 10;
    /**
     * The virtual machine's own memory goes up by 50 KB for 100 loads and down by a megabyte now and then; a class kept would be 14 KB a
     * load.
     */
    private static final int LOADS = 500;
    private static final long LOADS_SLACK_BYTES = 1 << 20;

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "needs glibc's statistics") void calls_and_loads_leave_the_native_heap_flat()
            throws Exception {
        // the memory of the optimising compiler would hide the rest
        var child = ChildJvm.run(Loop.class, Duration.ofMinutes(5), "-Xmx128m", "-XX:TieredStopAtLevel=1");
        assertThat(child.status()).as(child.output()).isZero();
        System.out.print(child.output());
    }

    static final class Loop {
        public static void main(String[] args) throws IOException {
            Torch.setNumThreads(1);
            boolean flat;
            try (var kinds = ScriptModule.load(FILES.resolve("kinds.ts"))) {
                kinds.eval();
                flat = isFlat(CALLS_A_ROUND * ROUNDS + " calls", CALLS_SLACK_BYTES, () -> {
                    for (int i = 0; i < ROUNDS; i++) round(kinds, i);
                });
            }
            boolean loadsFlat = isFlat(LOADS + " loads", LOADS_SLACK_BYTES, () -> {
                for (int i = 0; i < LOADS; i++) ScriptModule.load(FILES.resolve("kinds.ts")).close();
            });
            System.exit(flat && loadsFlat ? 0 : 1);
        }

        /** Runs work until the native heap does not grow, at most {@link #RUNS} times. */
        private static boolean isFlat(String what, long slack, Work work) throws IOException {
            work.run();
            boolean flat = false;
            for (int run = 0; run < RUNS && !flat; run++) {
                settle();
                long tensors = Torch.liveTensors(), before = Torch.memoryStats().nativeHeapBytes();
                work.run();
                settle();
                long left = Torch.liveTensors() - tensors, grown = Torch.memoryStats().nativeHeapBytes() - before;
                System.out.println(what + ": " + left + " more live tensors, native heap " + grown + " bytes more of " + before);
                flat = left == 0 && grown <= slack;
            }
            return flat;
        }

        private interface Work {
            void run() throws IOException;
        }

        /** Lets the garbage collector free what it has to free. */
        private static void settle() {
            for (int i = 0; i < 3; i++) {
                System.gc();
                try {
                    Thread.sleep(100);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private static void round(ScriptModule kinds, int i) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor x = Torch.ones(2, 3);
                kinds.forward(x);
                kinds.method("dicts").call(Map.of("a", x, "key " + i, x));
                kinds.method("lists").call(List.of(x, x), List.of(i, i + 1), List.of("text " + i), List.of(0.5 * i), List.of(true));
                kinds.method("pairs").call(Map.of("a", x, "b", i), List.of(List.of(x, i)));
                try {
                    kinds.method("bad").call(-i - 1);
                } catch (ScriptException expected) {
                    // as it should
                }
                try {
                    kinds.method("dicts").call(Map.of("a", x, "b", i));
                } catch (IllegalArgumentException expected) {
                    // as it should
                }
            }
        }
    }
}
