package panatorch;

import java.util.ArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls JavaCPP's own classes, {@code org.bytedeco.pytorch}, for functions that PanaTorch does not wrap. This thread's guards also hold in
 * these calls, even on a virtual thread, and a C++ exception becomes a {@link TorchException}.
 *
 * <pre>{@code boolean cudnn = JavaCpp.call(() -> torch.getCUDAHooks().hasCuDNN()); }</pre>
 */
public final class JavaCpp {
    private JavaCpp() {}

    /**
     * Runs {@code call} and returns its result.
     *
     * @throws TorchException for a C++ exception
     */
    public static <T extends @Nullable Object> T call(Supplier<T> call) {
        var result = new ArrayList<T>(1);
        run(() -> result.add(call.get()));
        return result.getFirst();
    }

    /** Runs a call that returns nothing, as {@link #call} does. */
    public static void run(Runnable call) {
        Startup.ensure();
        Mode.during(() -> {
            try {
                call.run();
            } catch (RuntimeException e) {
                throw NativeErrors.ofJavaCpp(e);
            }
        });
    }
}
