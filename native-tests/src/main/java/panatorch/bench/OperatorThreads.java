package panatorch.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import panatorch.Torch;

/** How many threads an operator uses. */
final class OperatorThreads {
    private OperatorThreads() {}

    /** As many as the user says, or as there are cores. */
    static int all() {
        String named = System.getenv("OMP_NUM_THREADS");
        return named == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(named);
    }

    /**
     * For this thread and those that are new to libtorch. OpenBLAS, which libtorch does not tell, has one number for matrix products of all threads, and is told
     * here, unless {@code OPENBLAS_NUM_THREADS} has told it.
     */
    static void set(int threads) {
        Torch.numThreads(); // a thread's first use of libtorch would overwrite the number
        Torch.setNumThreads(threads);
        OPENBLAS.ifPresent(function -> {
            try {
                function.invokeExact(threads);
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        });
    }

    private static final Optional<MethodHandle> OPENBLAS = openBlas();

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> openBlas() {
        Torch.numThreads(); // libtorch is loaded
        if (System.getenv("OPENBLAS_NUM_THREADS") != null) return Optional.empty();
        return SymbolLookup.loaderLookup().find("openblas_set_num_threads").map(f -> Linker.nativeLinker().downcallHandle(f, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)));
    }
}
