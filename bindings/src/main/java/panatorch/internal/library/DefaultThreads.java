package panatorch.internal.library;

import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * How many threads an operator uses at first: what {@code -Dpanatorch.threads=N} says, or OpenMP's variables. Without them libtorch
 * takes a thread for each core that the process may run on. A container's share of their time may be less; Java knows it.
 */
final class DefaultThreads {
    private DefaultThreads() {}

    /** @throws UnsatisfiedLinkError if the property is no number of threads */
    static @Nullable Integer named() {
        String named = System.getProperty("panatorch.threads");
        if (named == null) return null;
        if (!named.matches("[1-9]\\d{0,2}")) throw new UnsatisfiedLinkError("-Dpanatorch.threads is a whole number from 1 to 999, not " + named + ".");
        return Integer.valueOf(named);
    }

    static void set(@Nullable Integer named) {
        int processors = Runtime.getRuntime().availableProcessors();
        boolean told = Stream.of("OMP_NUM_THREADS", "MKL_NUM_THREADS").anyMatch(v -> System.getenv(v) != null);
        if (named != null) torch.set_num_threads(named);
        else if (!told && processors < torch.get_num_threads()) torch.set_num_threads(processors);
    }
}
