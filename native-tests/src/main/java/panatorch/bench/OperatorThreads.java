package panatorch.bench;

import panatorch.Torch;

/** Sets the number of threads that an operator uses. */
final class OperatorThreads {
    private OperatorThreads() {}

    /** Returns the number in {@code OMP_NUM_THREADS}, or the number of cores. */
    static int all() {
        String named = System.getenv("OMP_NUM_THREADS");
        return named == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(named);
    }

    /** Sets the number for this thread and those that are new to libtorch, and for the matrix products of all threads. */
    static void set(int threads) {
        Torch.numThreads(); // a thread's first use of libtorch would overwrite the number
        Torch.setNumThreads(threads);
    }
}
