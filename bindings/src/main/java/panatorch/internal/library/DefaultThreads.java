package panatorch.internal.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * How many threads an operator uses at first: what {@code -Dpanatorch.threads=N} says, or OpenMP's variables. Without them libtorch
 * takes a thread for each core that the process may run on. A container's share of their time may be less; Java knows it.
 */
final class DefaultThreads {
    private DefaultThreads() {}

    /** As a power of two, in cycles of the processor; OpenBLAS takes 4 to 30. */
    private static final String SHORTEST_WAIT = "4";

    /** @throws UnsatisfiedLinkError if the property is no number of threads */
    static @Nullable Integer named() {
        String named = System.getProperty("panatorch.threads");
        if (named == null) return null;
        if (!named.matches("[1-9]\\d{0,2}")) throw new UnsatisfiedLinkError("-Dpanatorch.threads is a whole number from 1 to 999, not " + named + ".");
        return Integer.valueOf(named);
    }

    /**
     * OpenBLAS's threads wait for work in a loop, by default for 2^26 cycles, and OpenMP's do, too: on as many cores as either has threads, each
     * keeps the other from working after every matrix product (a step of a small perceptron took fifty times as long). To be called before OpenBLAS is loaded,
     * which reads the variable then; what the user has set stays.
     */
    static void letOpenBlasSleep() {
        Linker.nativeLinker().defaultLookup().find("setenv").ifPresent(setenv -> {
            try (var arena = Arena.ofConfined()) {
                setIfAbsent(setenv, arena.allocateFrom("OPENBLAS_THREAD_TIMEOUT"), arena.allocateFrom(SHORTEST_WAIT));
            }
        });
    }

    static void set(@Nullable Integer named) {
        int processors = Runtime.getRuntime().availableProcessors();
        boolean told = Stream.of("OMP_NUM_THREADS", "MKL_NUM_THREADS").anyMatch(v -> System.getenv(v) != null);
        if (named != null) set(named.intValue());
        else if (!told && processors < torch.get_num_threads()) set(processors);
    }

    private static void set(int threads) {
        torch.set_num_threads(threads);
        if (System.getenv("OPENBLAS_NUM_THREADS") == null) SymbolLookup.loaderLookup().find("openblas_set_num_threads").ifPresent(function -> call(function, threads));
    }

    /** OpenBLAS has threads of its own, of which libtorch does not know. */
    @SuppressWarnings("restricted")
    private static void call(MemorySegment function, int threads) {
        try {
            Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.ofVoid(JAVA_INT)).invokeExact(threads);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    @SuppressWarnings({"restricted", "unused"})
    private static void setIfAbsent(MemorySegment setenv, MemorySegment name, MemorySegment value) {
        try {
            int status = (int) Linker.nativeLinker().downcallHandle(setenv, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)).invokeExact(name, value, 0);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
