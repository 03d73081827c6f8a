package panatorch.export;

import java.util.BitSet;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** A call of one of libtorch's operators. */
final class OperatorStep extends Step implements PreparedOperator.Step<Frame> {
    /** Where a result goes: one slot, or the slots of a list's elements. −1 for a result that nobody needs. */
    record Result(boolean list, int[] slots) {}

    private final PreparedOperator operator;
    private final ArgumentWriter[] arguments;
    private final Result[] results;

    OperatorStep(String place, PreparedOperator operator, ArgumentWriter[] arguments, Result[] results) {
        super(place);
        this.operator = operator;
        this.arguments = arguments;
        this.results = results;
    }

    /** Marks the results in slots that no one reads as not needed, so that they are freed at once. */
    void forget(BitSet read) {
        for (Result r : results) for (int i = 0; i < r.slots.length; i++) if (r.slots[i] >= 0 && !read.get(r.slots[i])) r.slots[i] = -1;
    }

    @Override void run(Frame frame) {
        try {
            operator.call(frame, this);
        } catch (RuntimeException e) {
            throw RawValues.access().located(e, place);
        }
    }

    @Override public void push(Frame frame, DispatcherStack stack) {
        for (ArgumentWriter a : arguments) a.push(frame, stack);
    }

    @Override public void take(Frame frame, DispatcherStack stack) {
        for (int i = 0; i < results.length; i++) {
            int[] slots = results[i].slots;
            if (results[i].list) takeList(frame, stack, i, slots);
            else if (slots[0] >= 0) frame.set(slots[0], stack.tag(i), stack.take(i));
        }
    }

    private void takeList(Frame frame, DispatcherStack stack, int i, int[] slots) {
        if (stack.tag(i) != Tag.LIST) throw new IllegalStateException(operator.name() + " does not return a list");
        long list = stack.payload(i);
        int n = NativeLists.size(list);
        if (n != slots.length)
            throw new IllegalArgumentException(operator.name() + " returns " + n + " tensors, but the program needs " + slots.length);
        for (int k = 0; k < n; k++) {
            int tag = NativeLists.tag(list, k);
            if (slots[k] < 0 || tag == Tag.NONE) continue;
            if (tag != Tag.TENSOR) throw new IllegalArgumentException(operator.name() + " returns a list of something else than tensors");
            long element = NativeLists.payload(list, k);
            References.retain(element);
            frame.set(slots[k], Tag.TENSOR, element);
        }
    }
}
