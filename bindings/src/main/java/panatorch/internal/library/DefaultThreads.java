package panatorch.internal.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The initial number of threads of an operator: that of {@code -Dpanatorch.threads=N}, or of OpenMP's variables. Without them it is the
 * number of cores that the process may run on, as Linux reports them; two hardware threads of one core would only wait for each other.
 * Without MKL, libtorch counts cores itself, and takes some virtual machines with many cores for one with a single core. The CPU quota of a
 * container may be less; Java knows it.
 */
final class DefaultThreads {
    private DefaultThreads() {}

    /**
     * Returns the number of {@code -Dpanatorch.threads}; null if it is not set.
     *
     * @throws UnsatisfiedLinkError if the property is not a number of threads
     */
    static @Nullable Integer named() {
        String named = System.getProperty("panatorch.threads");
        if (named == null) return null;
        if (!named.matches("[1-9]\\d{0,2}"))
            throw new UnsatisfiedLinkError("-Dpanatorch.threads must be a whole number from 1 to 999, not " + named + ".");
        return Integer.valueOf(named);
    }

    /** Sets the number of threads, and returns whether it is the default because nobody has set one. */
    static boolean set(@Nullable Integer named) {
        boolean told = Stream.of("OMP_NUM_THREADS", "MKL_NUM_THREADS").anyMatch(v -> System.getenv(v) != null);
        if (named != null) torch.set_num_threads(named);
        else if (!told) torch.set_num_threads(Math.min(cores(), Runtime.getRuntime().availableProcessors()));
        return named == null && !told && System.getenv("OPENBLAS_NUM_THREADS") == null;
    }

    private static int cores() {
        try {
            return cores(Files.readString(Path.of("/proc/thread-self/status")), Path.of("/sys/devices/system/cpu"));
        } catch (IOException | RuntimeException e) {
            return torch.get_num_threads(); // no Linux, or one that does not tell
        }
    }

    /**
     * Counts the cores that a thread may run on.
     *
     * @param status the thread's status, with the processors that it may run on, perhaps more than there are
     * @param processors a folder with the list of existing processors, and for each a folder that says which others share its core
     */
    static int cores(String status, Path processors) throws IOException {
        BitSet usable =
                list(status.lines().filter(l -> l.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow().replaceFirst(".*:", ""));
        usable.and(list(Files.readString(processors.resolve("online"))));
        var cores = new HashSet<String>();
        for (int cpu = usable.nextSetBit(0); cpu >= 0; cpu = usable.nextSetBit(cpu + 1))
            cores.add(Files.readString(processors.resolve("cpu" + cpu + "/topology/thread_siblings_list")).strip());
        return cores.size();
    }

    /** Reads a list such as {@code 0-3,8}. */
    private static BitSet list(String text) {
        var numbers = new BitSet();
        for (String range : text.strip().split(",")) {
            String[] ends = range.split("-");
            numbers.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
        }
        return numbers;
    }
}
