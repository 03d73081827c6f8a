package panatorch.internal.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import panatorch.JavaCpp;
import panatorch.internal.libtorch.CatchingCall;
import panatorch.internal.natives.Symbol;

/** libtorch's table of process groups by name, in which its functional collectives look. It does not keep a group alive. */
public final class GroupNames {
    private GroupNames() {}

    /** The bytes of a {@code std::string} of GCC's: address, length, and room for short texts. */
    private static final int STRING = 32;

    private static final class Functions {
        static final CatchingCall REGISTER = call(Symbol.REGISTER_GROUP), UNREGISTER = call(Symbol.UNREGISTER_GROUP);

        private static CatchingCall call(Symbol symbol) { return new CatchingCall(symbol.address().address()); }
    }

    /** @throws UnsupportedOperationException if this platform's libtorch has no such table */
    public static void register(String name, NativeGroup group) {
        Symbol.REGISTER_GROUP.address(); // throws here rather than while Functions is initialised
        try (var arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocateFrom(ValueLayout.JAVA_LONG, group.group().address());
            long text = text(arena, name);
            JavaCpp.run(() -> Functions.REGISTER.call(text, pointer.address()));
        }
    }

    public static void unregister(String name) {
        try (var arena = Arena.ofConfined()) {
            long text = text(arena, name);
            JavaCpp.run(() -> Functions.UNREGISTER.call(text));
        }
    }

    /** Returns the address of a {@code std::string}, which lives as long as the arena and must not be changed. */
    private static long text(Arena arena, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        MemorySegment string = arena.allocate(STRING + bytes.length + 1L, Long.BYTES);
        string.set(ValueLayout.JAVA_LONG, 0, string.address() + STRING);
        string.set(ValueLayout.JAVA_LONG, Long.BYTES, bytes.length);
        MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, STRING, bytes.length);
        return string.address();
    }
}
