package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** What a {@code TensorImpl} tells by its address alone. */
public final class TensorImpl {
    private TensorImpl() {}

    private static final MethodHandle REQUIRES_GRAD = CApi.find("_ZNK3c1010TensorImpl13requires_gradEv", FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG), Linker.Option.critical(false));

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
