package panatorch.internal.library;

import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Checks that Java lets PanaTorch and JavaCPP call native code. {@code --illegal-native-access=deny} forbids it to all that
 * {@code --enable-native-access} does not name.
 */
public final class NativeAccess {
    private NativeAccess() {}

    /** The first refusal of JavaCPP's classes, kept because their initialisers report it only once. */
    private static @Nullable IllegalCallerException refused;

    /**
     * Checks that PanaTorch may call native code. Call it before any other restricted method.
     *
     * @throws UnsatisfiedLinkError if it may not; the message says what to do
     */
    @SuppressWarnings({"restricted", "unused"}) public static void requireOwn() {
        try {
            MemorySegment nothing = MemorySegment.NULL.reinterpret(0);
        } catch (IllegalCallerException e) {
            throw failure(e);
        }
    }

    /**
     * Checks that JavaCPP may call native code. Call it after the libraries are loaded, as Java checks each of JavaCPP's two modules when
     * the first of its native methods is called.
     */
    static synchronized void requireJavaCpp() {
        if (refused != null) throw failure(refused);
        try {
            Pointer.totalPhysicalBytes();
            torch.get_num_threads();
        } catch (IllegalCallerException e) {
            throw failure(refused = e);
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof IllegalCallerException cause) throw failure(refused = cause);
            throw e;
        }
    }

    private static UnsatisfiedLinkError failure(IllegalCallerException cause) {
        var failure = new UnsatisfiedLinkError(
                "Java denies PanaTorch native access: start it with --enable-native-access=ALL-UNNAMED, or on the module path with "
                        + "--enable-native-access=panatorch,org.bytedeco.javacpp,org.bytedeco.pytorch.");
        failure.initCause(cause);
        return failure;
    }
}
