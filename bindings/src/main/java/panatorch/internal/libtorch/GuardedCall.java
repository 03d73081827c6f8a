package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.MemCopyFunction;

/**
 * A C++ function of up to three words (addresses, numbers, {@code this} of a method first) that may throw. An exception that reached a frame of
 * Panama would end the process; so these go through the one place of JavaCPP that calls any function with three words and catches: its type of
 * a copying function, {@code void (*)(void*, const void*, size_t)}. Arguments that a function does not have lie in registers that it does not read,
 * and a value that it returns is lost.
 */
public final class GuardedCall {
    /** JavaCPP's function object is a pointer to the function, and one to a Java object that it has only where Java implements it. */
    private final MemorySegment pointer = Arena.global().allocate(2 * ValueLayout.ADDRESS.byteSize(), 8);
    private final MemCopyFunction function = new MemCopyFunction(Borrowed.at(pointer.address()));

    /** @param address of a function that stays loaded */
    public GuardedCall(long address) { pointer.set(ValueLayout.JAVA_LONG, 0, address); }

    /** @throws RuntimeException of JavaCPP, with the text of what the function threw */
    public void call(long a, long b, long c) { function.call(Borrowed.at(a), Borrowed.at(b), c); }

    public void call(long a, long b) { call(a, b, 0); }

    public void call(long a) { call(a, 0, 0); }
}
