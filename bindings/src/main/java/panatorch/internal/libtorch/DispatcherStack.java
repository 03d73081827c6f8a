package panatorch.internal.libtorch;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;

/**
 * The values an operator is called with and returns: the memory of a {@code std::vector<c10::IValue>}, written by Java.
 *
 * <p>
 * The stack owns a reference to every counted value on it. One call at a time: a call made while another runs on the same thread (a hook
 * inside {@code backward}) needs a stack of its own.
 */
public final class DispatcherStack {
    public static final int CAPACITY = 256;
    /** The size of a value. */
    public static final long VALUE_BYTES = Probe.ELEMENT;
    private static final long SIZE = VALUE_BYTES, TAG = Probe.TAG;

    private final IValueVector vector = new IValueVector(CAPACITY);
    /** A {@code std::vector} is three pointers: begin, end, end of capacity. */
    private final long begin = vector.address(), end = begin + 8;
    private long base = Memory.getLong(begin);
    private int top;

    public DispatcherStack() {
        vector.resize(0);
    }

    public void push(int tag, long payload) {
        long at = base + SIZE * top++;
        Memory.setLong(at, payload);
        Memory.setInt(at + TAG, tag);
    }

    /** Pushes an object with one more reference. */
    public void pushShared(int tag, long object) {
        References.retain(object);
        push(tag, object);
    }

    /** Pushes a copy of the value at {@code address}. */
    public void pushCopy(long address) {
        int tag = Memory.getInt(address + TAG);
        if (Tag.plain(tag)) push(tag, Memory.getLong(address));
        else pushShared(tag, Memory.getLong(address));
    }

    public boolean full() { return top == CAPACITY; }

    /**
     * Runs an operator, which replaces its arguments on the stack by its results. After an exception the stack holds the arguments that it
     * had not consumed.
     */
    public void call(OperatorHandle operator) {
        Memory.setLong(end, base + SIZE * top);
        try {
            operator.callBoxed(vector);
        } finally {
            base = Memory.getLong(begin); // a result list longer than the capacity moves the vector
            top = (int) ((Memory.getLong(end) - base) / SIZE);
        }
    }

    /** Runs native code on the stack, as {@link #call(OperatorHandle)} runs an operator. */
    public void call(Consumer<IValueVector> code) {
        Memory.setLong(end, base + SIZE * top);
        try {
            code.accept(vector);
        } finally {
            base = Memory.getLong(begin);
            top = (int) ((Memory.getLong(end) - base) / SIZE);
        }
    }

    public int size() { return top; }

    public int tag(int i) { return Memory.getInt(base + SIZE * i + TAG); }

    public long payload(int i) { return Memory.getLong(base + SIZE * i); }

    /** Takes value {@code i} off the stack. The caller now owns its reference. */
    public long take(int i) {
        long payload = payload(i);
        Memory.setInt(base + SIZE * i + TAG, Tag.NONE);
        return payload;
    }

    /** Removes {@code count} values, which must not be reference-counted, from the middle. */
    public void remove(int from, int count) {
        for (int i = from + count; i < top; i++) {
            Memory.setLong(base + SIZE * (i - count), payload(i));
            Memory.setInt(base + SIZE * (i - count) + TAG, tag(i));
        }
        top -= count;
    }

    /** Moves the top {@code n} values of another vector to this stack, which must be empty. */
    public void moveFrom(long vector, int n) {
        long from = Memory.getLong(vector + 8) - SIZE * n;
        MemorySegment.copy(Memory.ALL, from, Memory.ALL, base, SIZE * n);
        Memory.setLong(vector + 8, from);
        top = n;
    }

    /** Moves all values to the top of another vector. */
    public void moveTo(long vector) {
        long to = Memory.getLong(vector + 8), bytes = SIZE * top;
        if (to + bytes > Memory.getLong(vector + 16)) {
            resize(vector, size(vector) + top);
            to = Memory.getLong(vector + 8) - bytes;
        }
        MemorySegment.copy(Memory.ALL, base, Memory.ALL, to, bytes);
        Memory.setLong(vector + 8, to + bytes);
        forget();
    }

    /** Returns the number of values that another vector holds. */
    public static long size(long vector) {
        return (Memory.getLong(vector + 8) - Memory.getLong(vector)) / SIZE;
    }

    /** Returns the address of value {@code i} of another vector. */
    public static long address(long vector, long i) {
        return Memory.getLong(vector) + SIZE * i;
    }

    /** Returns the address of the value that is {@code i} places above another. */
    public static long next(long address, long i) {
        return address + SIZE * i;
    }

    /** Sets value {@code i} of another vector, which has to be none. The vector takes over a reference. */
    public static void set(long vector, long i, int tag, long payload) {
        long at = address(vector, i);
        Memory.setLong(at, payload);
        Memory.setInt(at + TAG, tag);
    }

    /** Returns the tag of the value at {@code address}. */
    public static int tagAt(long address) { return Memory.getInt(address + TAG); }

    /** Releases the values at the top of another vector, or adds nones, until it holds {@code size}. */
    public static void resize(long vector, long size) {
        new IValueVector(Borrowed.at(vector)).resize(size);
    }

    /** Releases all but the lowest {@code below} values of another vector, and adds {@code nones} nones. */
    public static void leaveNones(long vector, long below, int nones) {
        resize(vector, below);
        resize(vector, below + nones);
    }

    /** Releases all but the lowest {@code below} values of another vector, and adds a tensor, whose reference it takes. */
    public static void leaveTensor(long vector, long below, long impl) {
        leaveNones(vector, below, 1);
        long at = address(vector, below);
        Memory.setLong(at, impl);
        Memory.setInt(at + TAG, Tag.TENSOR);
    }

    /** Empties a stack on which nothing counted is left. */
    public void forget() {
        top = 0;
        Memory.setLong(end, base);
    }

    /** Empties the stack and gives back its references, in one native call. */
    public void release() {
        Memory.setLong(end, base + SIZE * top);
        top = 0;
        vector.resize(0);
    }

    /** Gives back the references, and frees the stack. */
    public void close() {
        release();
        vector.deallocate();
    }
}
