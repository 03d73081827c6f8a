package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.DeviceGuardImplInterface;

/**
 * Calls a C++ method that may throw and takes two words and a byte besides {@code this}, behind JavaCPP's exception barrier. That is one
 * word more than {@link CatchingCall} passes. JavaCPP also catches around virtual functions, and
 * {@code DeviceGuardImplInterface::elapsedTime} has just these parameters. So during the call the object's first word points to a table in
 * which every virtual function is this method. The method must not read the first word of its object.
 */
final class CatchingMethod {
    /** The size of the table, more than the class has virtual functions, so that it does not matter which of them is called. */
    private static final int PLACES = 64;

    private final MemorySegment table = Arena.global().allocate(PLACES * ValueLayout.JAVA_LONG.byteSize(), 8);

    /** @param address address of a method that stays loaded */
    CatchingMethod(long address) {
        for (int i = 0; i < PLACES; i++) table.setAtIndex(ValueLayout.JAVA_LONG, i, address);
    }

    /**
     * Calls the method.
     *
     * @throws RuntimeException of JavaCPP, with the text of the method's C++ exception
     */
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
