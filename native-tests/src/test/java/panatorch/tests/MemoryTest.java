package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Many operator calls leave nothing behind, neither tensors that are counted nor memory that is not. */
@NoTensorLeaks
class MemoryTest {
    private static final int CALLS = 200_000;
    /** Of one round over {@link OperatorMix#ALL}; it is a few more. */
    private static final int CALLS_A_ROUND = 110;
    /** Failing calls take 2 ms each, in which libtorch writes a backtrace. */
    private static final int ROUNDS_A_FAILURE = 25;
    private static final Path STATUS = Path.of("/proc/self/status");

    /**
     * Malloc's free lists and the JIT move the resident set by up to 3 MiB, both ways, but a leak moves it up every time: so one of a few
     * runs must stay within this. What a call could leave behind is at least a tensor without memory of its own, 200 bytes: three in a
     * round of the mix would be 1 MiB, and one reference from each round of failing calls would be 4 MiB.
     */
    private static final long SLACK_KIB = 1024;
    private static final int RUNS = 5;

    @Test
    @EnabledOnOs(value = OS.LINUX,
            disabledReason = "needs Linux's /proc") void operator_calls_in_scopes_leave_the_resident_set_flat()
                    throws Exception {
        // A heap that is there from the start, so that the resident set moves with native memory only.
        var child = ChildJvm.run(Loop.class, Duration.ofMinutes(3), "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
        assertThat(child.status()).as(child.output()).isZero();
        System.out.print(child.output());
    }

    static final class Loop {
        public static void main(String[] args) throws IOException {
            Torch.setNumThreads(1); // one operator's threads would only wait for each other, the tensors are small
            rounds(2 * CALLS / CALLS_A_ROUND); // until the JIT and malloc's free lists have come to rest
            boolean flat = false;
            for (int run = 0; run < RUNS && !flat; run++) {
                long tensors = Torch.liveTensors(), before = residentKib();
                rounds(CALLS / CALLS_A_ROUND);
                long left = Torch.liveTensors() - tensors, grown = residentKib() - before;
                System.out.println("after " + CALLS + " operator calls: " + left + " more live tensors, " + grown
                        + " KiB on top of a resident set of " + before);
                if (left != 0) break;
                flat = grown <= SLACK_KIB;
            }
            System.exit(flat ? 0 : 1);
        }

        private static void rounds(int n) {
            for (int i = 0; i < n; i++) {
                OperatorMix.ALL.forEach(Runnable::run);
                if (i % ROUNDS_A_FAILURE == 0) OperatorMix.failures();
            }
        }

        static long residentKib() throws IOException {
            System.gc();
            return Files.readAllLines(STATUS).stream().filter(l -> l.startsWith("VmRSS:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElseThrow();
        }
    }
}
