package panatorch.export;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** The values of one run of a graph, in numbered slots. A frame owns a reference to each counted value in it, until it is cleared. */
final class Frame {
    private static final RawValues VALUES = RawValues.access();

    /** What a run needs to know about the program. */
    interface State {
        /** Returns a parameter, buffer or constant. */
        Tensor tensor(int index);

        boolean isTraining();

        /** Returns the device of the program's tensors as the payload of a value. */
        long device();
    }

    final State state;
    final int[] tags;
    final long[] payloads;

    Frame(State state, int slots) {
        this.state = state;
        tags = new int[slots];
        payloads = new long[slots];
        Arrays.fill(tags, Tag.NONE);
    }

    /** Puts a value into an empty slot, with its reference. */
    void set(int slot, int tag, long payload) {
        boolean undefined = tag == Tag.TENSOR && References.isUndefinedTensor(payload);
        tags[slot] = undefined ? Tag.NONE : tag;
        payloads[slot] = payload;
    }

    void set(int slot, Tensor t) { set(slot, Tag.TENSOR, VALUES.share(t)); }

    void set(int slot, long integer) { set(slot, Tag.INT, integer); }

    void set(int slot, double real) { set(slot, Tag.DOUBLE, Double.doubleToRawLongBits(real)); }

    void set(int slot, boolean bool) { set(slot, Tag.BOOL, bool ? 1 : 0); }

    /** Returns the number in a slot as a double. */
    double real(int slot) {
        return tags[slot] == Tag.DOUBLE ? Double.longBitsToDouble(payloads[slot]) : payloads[slot];
    }

    /**
     * Returns what a slot holds, and leaves it empty: a tensor of the current scope, a number, a boolean, or null.
     */
    @Nullable Object take(int slot) {
        int tag = tags[slot];
        long payload = payloads[slot];
        tags[slot] = Tag.NONE;
        if (tag == Tag.TENSOR) return VALUES.adopt(payload);
        if (tag == Tag.INT) return payload;
        if (tag == Tag.DOUBLE) return Double.longBitsToDouble(payload);
        if (tag == Tag.BOOL) return (payload & 0xff) != 0;
        if (tag == Tag.NONE) return null;
        VALUES.release(new int[] {tag}, new long[] {payload});
        throw new IllegalArgumentException("a graph returns a value that is neither a tensor nor a number");
    }

    /** Returns whether a slot holds true or a number other than 0; a tensor has one element. The slot is empty afterwards. */
    boolean takeTruth(int slot) {
        Object v = take(slot);
        if (!(v instanceof Tensor t)) return v instanceof Boolean b ? b : v instanceof Number n && n.doubleValue() != 0;
        boolean truth = t.itemBoolean();
        t.close();
        return truth;
    }

    /** Releases one value. */
    void drop(int slot) {
        if (!Tag.plain(tags[slot])) VALUES.release(new int[] {tags[slot]}, new long[] {payloads[slot]});
        tags[slot] = Tag.NONE;
    }

    /** Releases all values. */
    void clear() { VALUES.release(tags, payloads); }
}
