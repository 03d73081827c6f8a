package panatorch.internal.jit;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tuple;
import org.bytedeco.pytorch.Type;
import org.jspecify.annotations.Nullable;
import panatorch.JavaCpp;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * Tuples as they lie in memory: a reference-counted object with the number of its elements if there are at most three, which then follow;
 * otherwise with a zero, followed by a vector.
 */
final class Tuples {
    private Tuples() {}

    private static final long COUNT = 16, ELEMENTS = 24;

    /** The tag of a tuple. */
    static final int TAG = JavaCpp.call(() -> {
        check(3);
        return check(4);
    });

    /** Checks the layout of a tuple, and returns its tag. */
    private static int check(int size) {
        try (var values = new IValueVector(size)) {
            for (int i = 0; i < size; i++) DispatcherStack.set(values.address(), i, Tag.INT, 7 + i);
            try (Tuple tuple = Tuple.create(values); var value = new IValue(tuple)) {
                boolean right = size(tuple.address()) == size;
                for (int i = 0; right && i < size; i++) {
                    long element = element(tuple.address(), i);
                    right = DispatcherStack.tagAt(element) == Tag.INT && Memory.getLong(element) == 7 + i;
                }
                if (!right) throw new UnsatisfiedLinkError("This libtorch keeps a tuple in memory in another way than PanaTorch knows.");
                return DispatcherStack.tagAt(value.address());
            }
        }
    }

    /**
     * Returns a tuple of values, with a reference that the caller owns.
     *
     * @param type type of a named tuple, or null
     */
    static long of(IValueVector values, Type.@Nullable TypePtr type) {
        try (Tuple tuple = type == null ? Tuple.create(values) : Tuple.createNamed(values, type)) {
            long object = tuple.address();
            References.retain(object);
            return object;
        }
    }

    static int size(long tuple) {
        long inline = Memory.getLong(tuple + COUNT);
        return (int) (inline != 0 ? inline : DispatcherStack.size(tuple + ELEMENTS));
    }

    /** Returns the address of an element. */
    static long element(long tuple, int i) {
        long vector = tuple + ELEMENTS;
        return Memory.getLong(tuple + COUNT) != 0 ? vector + DispatcherStack.VALUE_BYTES * i : DispatcherStack.address(vector, i);
    }
}
