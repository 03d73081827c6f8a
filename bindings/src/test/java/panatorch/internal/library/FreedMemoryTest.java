package panatorch.internal.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Linker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Autograd;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What the system counts as page faults is memory that the process took from it again. */
@NoTensorLeaks
class FreedMemoryTest {
    private static final Path STATUS = Path.of("/proc/thread-self/stat");
    private static final long PAGE = 4096, ELEMENTS = 10L << 20, ROUNDS = 10;

    /** Of this thread so far; the tenth value, after a name in parentheses that may hold anything. */
    private static long pageFaults() throws IOException {
        String line = Files.readString(STATUS);
        return Long.parseLong(line.substring(line.lastIndexOf(')') + 2).split(" ")[7]);
    }

    @Test void a_training_process_soon_takes_no_memory_for_a_step_from_the_system() throws IOException {
        assumeTrue(Files.exists(STATUS) && Linker.nativeLinker().defaultLookup().find("gnu_get_libc_version").isPresent(), "no glibc");
        assumeFalse(FreedMemory.isLeftAlone(System.getProperty("panatorch.malloc"), System.getenv()), "this process's malloc is set");
        int before = Torch.numThreads();
        Torch.setNumThreads(1);
        try {
            try (var scope = Scope.open()) {
                Tensor x = Torch.ones(1).requiresGrad_(true);
                Autograd.backward(x.mul(2).sum());
            }
            for (int i = 0; i < ROUNDS; i++) step();
            long faults = pageFaults();
            for (int i = 0; i < ROUNDS; i++) step();
            // with glibc's own settings, whose largest block of a heap is of 32 MiB
            long again = 3 * ROUNDS * ELEMENTS * Float.BYTES / PAGE;
            assertThat(pageFaults() - faults).isLessThan(again / 10);
        } finally {
            Torch.setNumThreads(before);
        }
    }

    /** Three tensors of 40 MiB. */
    private static void step() {
        try (var scope = Scope.open()) {
            Torch.ones(ELEMENTS).add(1).mul(2);
        }
    }

    @Test void what_the_user_says_of_malloc_holds() {
        assertThat(FreedMemory.isLeftAlone(null, Map.of("MALLOC_ARENA_MAX", "2", "GLIBC_TUNABLES", "glibc.malloc.arena_max=2"))).isFalse();
        assertThat(FreedMemory.isLeftAlone(null, Map.of("MALLOC_TRIM_THRESHOLD_", "131072"))).isTrue();
        assertThat(FreedMemory.isLeftAlone(null, Map.of("GLIBC_TUNABLES", "glibc.rtld.nns=4:glibc.malloc.top_pad=1"))).isTrue();
        assertThat(FreedMemory.isLeftAlone("default", Map.of())).isTrue();
    }
}
