package panatorch.bench;

import panatorch.Torch;

/** How many threads an operator uses. */
final class OperatorThreads {
    private OperatorThreads() {}

    /** As many as the user says, or as there are cores. */
    static int all() {
        String named = System.getenv("OMP_NUM_THREADS");
        return named == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(named);
    }

    /** For this thread and those that are new to libtorch; products of matrices of all threads. */
    static void set(int threads) {
        Torch.numThreads(); // a thread's first use of libtorch would overwrite the number
        Torch.setNumThreads(threads);
    }
}
