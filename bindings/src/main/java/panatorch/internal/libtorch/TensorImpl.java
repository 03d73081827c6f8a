package panatorch.internal.libtorch;

import java.lang.invoke.MethodHandle;
import panatorch.internal.natives.Symbol;

/** What a {@code TensorImpl} tells by its address alone. */
public final class TensorImpl {
    private TensorImpl() {}

    private static final MethodHandle REQUIRES_GRAD = CApi.function(Symbol.REQUIRES_GRAD);

    private static final long METADATA = Probe.autogradMetadata();

    public static boolean requiresGrad(long impl) {
        if (METADATA > 0 && Memory.getLong(impl + METADATA) == 0) return false;
        try {
            return (boolean) REQUIRES_GRAD.invokeExact(impl);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
