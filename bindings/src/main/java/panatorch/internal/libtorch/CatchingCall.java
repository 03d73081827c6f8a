package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.MemCopyFunction;

/**
 * Calls a C++ function that may throw, behind JavaCPP's exception barrier. A C++ exception that reached a frame of Panama would end the
 * process. JavaCPP catches around the calls of its function types, and one of these calls any function with three words: the type of a
 * copying function, {@code void (*)(void*, const void*, size_t)}. A word is an address, a number, or {@code this} of a method, which comes
 * first. A function with fewer parameters does not read the registers of the others. A value that the function returns is lost.
 */
public final class CatchingCall {
    /**
     * JavaCPP's function object: a pointer to the function, and one to a Java object, which is set only if Java implements the function.
     */
    private final MemorySegment pointer = Arena.global().allocate(2 * ValueLayout.ADDRESS.byteSize(), 8);
    private final MemCopyFunction function = new MemCopyFunction(Borrowed.at(pointer.address()));

    /** @param address address of a function that stays loaded */
    public CatchingCall(long address) {
        pointer.set(ValueLayout.JAVA_LONG, 0, address);
    }

    /**
     * Calls the function.
     *
     * @throws RuntimeException of JavaCPP, with the text of the function's C++ exception
     */
    public void call(long a, long b, long c) {
        function.call(Borrowed.at(a), Borrowed.at(b), c);
    }

    public void call(long a, long b) { call(a, b, 0); }

    public void call(long a) { call(a, 0, 0); }
}
