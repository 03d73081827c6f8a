package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Switches off the C++ stack traces in libtorch's exceptions. An exception gets one when its text is read, which JavaCPP does. Finding the
 * names of the functions takes milliseconds, a hundred times as long as the rest of a failing call.
 */
public final class ErrorTraces {
    private ErrorTraces() {}

    /**
     * Makes libtorch insert a constant text in place of the stack trace, and returns that text. If its C++ library is not that of GCC,
     * nothing changes and the text is empty.
     *
     * <p>
     * libtorch takes a {@code std::function<std::string()>}: 16 bytes of its own, the function that copies and frees those, and the one it
     * calls. As those bytes are unused here, the first may be any function that does nothing, and the second any that returns a string and
     * ignores its arguments: {@code getpid} and {@code at::get_cxx_flags}.
     */
    public static String off() {
        MemorySegment text = Symbol.CXX_FLAGS.find(), nothing = Symbol.GETPID.find();
        MethodHandle set = Symbol.SET_STACK_TRACE_FETCHER.functionIfThere();
        if (set == null || text == null || nothing == null) return "";
        try (var arena = Arena.ofConfined()) {
            MemorySegment function = arena.allocate(32, 16);
            function.set(ADDRESS, 16, nothing);
            function.set(ADDRESS, 24, text);
            Native.run(() -> { set.invokeExact(function); });
        }
        try (var flags = torch.get_cxx_flags()) {
            return flags.getString();
        }
    }
}
