package panatorch;

import java.util.ArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls of JavaCPP's own classes, {@code org.bytedeco.pytorch}, for what has no method here. This thread's guards hold in them, on a
 * virtual thread, too, and a C++ exception is a {@link TorchException}.
 *
 * <pre>{@code boolean cudnn = JavaCpp.call(() -> torch.getCUDAHooks().hasCuDNN()); }</pre>
 */
public final class JavaCpp {
    private JavaCpp() {}

    /**
     * Makes a call and returns its result.
     *
     * @throws TorchException for a C++ exception
     */
    public static <T extends @Nullable Object> T call(Supplier<T> call) {
        var result = new ArrayList<T>(1);
        run(() -> result.add(call.get()));
        return result.getFirst();
    }

    /** Makes a call that returns nothing, as {@link #call} does. */
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
