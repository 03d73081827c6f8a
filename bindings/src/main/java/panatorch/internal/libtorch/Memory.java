package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;

/** Reads and writes native memory at plain addresses. The callers know that the addresses are valid. */
public final class Memory {
    private Memory() {}

    /** The whole address space. */
    public static final MemorySegment ALL = everything();

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final VarHandle ATOMIC_LONG = LONG.varHandle(), ATOMIC_INT = INT.varHandle();

    @SuppressWarnings("restricted") private static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    public static long getLong(long address) { return ALL.get(LONG, address); }

    public static int getInt(long address) { return ALL.get(INT, address); }

    public static short getShort(long address) { return ALL.get(ValueLayout.JAVA_SHORT, address); }

    public static double getDouble(long address) { return Double.longBitsToDouble(getLong(address)); }

    public static void setLong(long address, long value) { ALL.set(LONG, address, value); }

    public static void setShort(long address, short value) { ALL.set(ValueLayout.JAVA_SHORT, address, value); }

    public static void setInt(long address, int value) { ALL.set(INT, address, value); }

    /** Adds to the 64-bit word at {@code address} and returns what it held before. */
    public static long getAndAdd(long address, long delta) {
        return (long) ATOMIC_LONG.getAndAdd(ALL, address, delta);
    }

    /** Adds to the 32-bit word at {@code address} and returns what it held before. */
    public static int getAndAddInt(long address, int delta) {
        return (int) ATOMIC_INT.getAndAdd(ALL, address, delta);
    }

    /** Returns {@code count} 64-bit words from {@code address} on. */
    public static long[] longs(long address, long count) {
        var values = new long[(int) count];
        for (int i = 0; i < values.length; i++) values[i] = getLong(address + 8L * i);
        return values;
    }

    /** Returns {@code bytes} bytes from {@code address} on as a segment. {@code cleanup} runs when {@code arena} is closed or collected. */
    @SuppressWarnings("restricted") public static MemorySegment segment(long address, long bytes, Arena arena,
            Consumer<MemorySegment> cleanup) {
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, cleanup);
    }

    /** Returns the zero-terminated string at {@code address}. */
    public static String string(long address) {
        return ALL.getString(address);
    }
}
