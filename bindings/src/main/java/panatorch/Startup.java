package panatorch;

import org.bytedeco.pytorch.global.torch;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.library.ProcessEnd;
import panatorch.internal.libtorch.Nnpack;
import panatorch.internal.threads.Cores;

/**
 * Starts the library once per process. Code that uses libtorch or a class of JavaCPP calls {@link #ensure} first. A thread's first operator
 * does so through its {@link ThreadContext}, which also sets the kernels in Java before any operator runs.
 */
final class Startup {
    private Startup() {}

    /**
     * Starts the library unless it is started already.
     *
     * @throws UnsatisfiedLinkError if libtorch cannot be loaded; the message says what to do
     */
    static void ensure() {
        NativeLibrary.load(); // before any of JavaCPP's classes, which would load libtorch in their own way
        Steps.run();
    }

    /** The steps of the start, in a class initialiser, which Java runs once. */
    private static final class Steps {
        static {
            Cores.start(torch.get_num_threads(), NativeLibrary.hasDefaultThreads());
            FlightEvents.register();
            Nnpack.disableIfUnavailable();
            ProcessEnd.arrange();
        }

        static void run() {}
    }
}
