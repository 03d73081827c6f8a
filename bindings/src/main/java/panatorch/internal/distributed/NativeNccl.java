package panatorch.internal.distributed;

import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ErrorType;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;
import panatorch.JavaCpp;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/** libtorch's NCCL backend: the collectives of tensors on GPUs. Use it after {@code NativeLibrary.loadNccl}. */
final class NativeNccl {
    /**
     * Environment variables that libtorch reads when it makes a backend. A value that the user has set stays.
     *
     * <p>
     * libtorch's watchdog thread would end the process if a collective takes too long or the GPU reports an error, and a second thread
     * would if the watchdog stands still. With these values the watchdog aborts the connections, and the thread that waits gets an
     * exception. It would wait a minute before, for a dump that nobody has asked for.
     */
    private static final Map<String, String> WATCHDOG = Map.of("TORCH_NCCL_ASYNC_ERROR_HANDLING", "2", "TORCH_NCCL_RETHROW_CUDA_ERRORS",
            "0", "TORCH_NCCL_ENABLE_MONITORING", "0", "TORCH_NCCL_DUMP_ON_TIMEOUT", "0", "TORCH_NCCL_WAIT_TIMEOUT_DUMP_MILSEC", "1");

    /** The longest time for which the end of the process waits for connections that nobody has closed. */
    private static final long PATIENCE_MILLIS = 10_000;

    /** Backends with a watchdog. If one still looks at its GPU while the process ends, it crashes on what libtorch has freed by then. */
    private static final Set<NativeNccl> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(NativeNccl::abortAll, "panatorch-nccl-end"));
    }

    private final ProcessGroupNCCL backend;

    /** @param timeoutMillis the time after which the watchdog frees the GPU of a collective that nobody waits for */
    NativeNccl(NativeStore store, int rank, int ranks, long timeoutMillis) {
        setEnvironment();
        backend = JavaCpp.call(() -> {
            try (var timeout = new Milliseconds(timeoutMillis); var options = ProcessGroupNCCL.Options.create()) {
                options.timeout(timeout);
                return new ProcessGroupNCCL(store.store(), rank, ranks, options);
            }
        });
        OPEN.add(this);
    }

    private static void abortAll() {
        var all = new Thread(() -> OPEN.forEach(NativeNccl::abort), "panatorch-nccl-abort");
        all.setDaemon(true);
        all.start();
        try {
            all.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void setEnvironment() {
        var setenv = Symbol.SETENV.function();
        try (var arena = Arena.ofConfined()) {
            WATCHDOG.forEach((name, value) -> {
                var key = arena.allocateFrom(name);
                var text = arena.allocateFrom(value);
                int status = Native.call(() -> (int) setenv.invokeExact(key, text, 0));
            });
        }
    }

    Backend backend() { return backend; }

    /** Connects a GPU with those of all other ranks, which blocks until they do the same. */
    void connect(int device) {
        JavaCpp.run(() -> {
            try (var gpu = new Device(torch.DeviceType.CUDA.value, (byte) device)) {
                backend.eagerConnectSingleDevice(gpu);
            }
        });
    }

    /** Throws an exception if the watchdog has aborted the connections: works that it aborts look like successful ones. */
    void requireNoFailure() {
        ErrorType error = JavaCpp.call(backend::getError).intern();
        if (error == ErrorType.SUCCESS) return;
        String what = switch (error) {
            case TIMEOUT -> "a collective timed out";
            case REMOTE_ERROR -> "the remote process exited or the network failed";
            default -> "an error on a GPU or between GPUs";
        };
        JavaCpp.run(() -> { throw new RuntimeException("NCCL: " + what + "; its connections are aborted"); });
    }

    /** Waits for the collectives that run, and closes the connections, as all other ranks do. */
    void shutdown() {
        JavaCpp.run(backend::shutdown);
        OPEN.remove(this);
    }

    /** Ends collectives that run, whatever other ranks do. */
    void abort() {
        JavaCpp.run(backend::abort);
        OPEN.remove(this);
    }

    /** Gives back the reference. Call it once, after a successful {@link #shutdown} or {@link #abort}. */
    void close() {
        JavaCpp.run(backend::close);
    }
}
