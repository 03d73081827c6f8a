package panatorch;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of JavaCPP's own classes, {@code org.bytedeco.pytorch}, for what has no method here. This thread's guards hold in them, on a virtual thread, too,
 * and a C++ exception is a {@link TorchException}.
 *
 * <pre>{@code boolean cudnn = JavaCpp.call(() -> torch.getCUDAHooks().hasCuDNN()); }</pre>
 */
public final class JavaCpp {
    private JavaCpp() {}

    /** What {@code call} answers. @throws TorchException for what C++ throws */
    public static <T extends @Nullable Object> T call(Supplier<T> call) {
        var result = new Object() { @Nullable T value; };
        run(() -> result.value = call.get());
        return result.value;
    }

    /** {@link #call} of what answers nothing. */
    public static void run(Runnable call) {
        Startup.ensure();
        Mode.during(() -> {
            try {
                call.run();
            } catch (TorchException own) {
                throw own;
            } catch (RuntimeException e) {
                // Of C++ exceptions JavaCPP makes this very class.
                throw e.getClass() == RuntimeException.class ? NativeErrors.of(e) : e;
            }
        });
    }
}
