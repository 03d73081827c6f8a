package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.global.torch;

/**
 * The C++ stack in an exception of libtorch. Each has one as soon as its text is asked for, which JavaCPP does: to find the names of
 * its functions takes milliseconds, a hundred times as long as the rest of a failing call.
 */
public final class ErrorTraces {
    private ErrorTraces() {}

    private static final String STRING = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";

    /**
     * Has libtorch put a constant text where the stack would be, and says which. Where its C++ library is not that of GCC, nothing changes,
     * and the text is empty.
     *
     * <p>libtorch takes a {@code std::function<std::string()>}: 16 bytes of its own, the function that copies and frees those, and the one
     * it calls. As those bytes mean nothing here, the first may be any function that does nothing, and the second any that answers a
     * string and looks at no argument: {@code getpid} and {@code at::get_cxx_flags}.
     */
    @SuppressWarnings("restricted")
    public static String off() {
        if (!System.getProperty("os.name").equals("Linux")) return "";
        var linker = Linker.nativeLinker();
        var set = CApi.LOOKUP.find("_ZN3c1020SetStackTraceFetcherESt8functionIF" + STRING + "vEE");
        var text = CApi.LOOKUP.find("_ZN2at13get_cxx_flagsB5cxx11Ev");
        var nothing = linker.defaultLookup().find("getpid");
        if (set.isEmpty() || text.isEmpty() || nothing.isEmpty()) return "";
        try (var arena = Arena.ofConfined()) {
            MemorySegment function = arena.allocate(32, 16);
            function.set(ADDRESS, 16, nothing.get());
            function.set(ADDRESS, 24, text.get());
            linker.downcallHandle(set.get(), FunctionDescriptor.ofVoid(ADDRESS)).invokeExact(function);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        try (var flags = torch.get_cxx_flags()) {
            return flags.getString();
        }
    }
}
