package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.DeviceGuardImplInterface;

/**
 * {@link GuardedCall} of a C++ method that takes two words and a small number besides {@code this}, more than any function pointer of JavaCPP does. But JavaCPP catches
 * around virtual functions, too, and one of its classes has one that takes just these: for the time of the call the object's first word points to a table of virtual
 * functions in which every one is this method. Only for a method that leaves the first word of its object alone.
 */
final class GuardedMethod {
    /** More than the class has virtual functions, so that it does not matter which of them is called. */
    private static final int PLACES = 64;

    private final MemorySegment table = Arena.global().allocate(PLACES * ValueLayout.JAVA_LONG.byteSize(), 8);

    /** @param address of a method that stays loaded */
    GuardedMethod(long address) {
        for (int i = 0; i < PLACES; i++) table.setAtIndex(ValueLayout.JAVA_LONG, i, address);
    }

    /** @throws RuntimeException of JavaCPP, with the text of what the method threw */
    void call(long object, long a, long b, byte c) {
        long first = Memory.getLong(object);
        Memory.setLong(object, table.address());
        try {
            new DeviceGuardImplInterface(Borrowed.at(object)).elapsedTime(Borrowed.at(a), Borrowed.at(b), c);
        } finally {
            Memory.setLong(object, first);
        }
    }
}
