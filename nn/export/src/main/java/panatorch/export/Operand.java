package panatorch.export;

import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** A value that a call takes: a constant, a slot of the frame, or a tensor of the program's state. */
sealed interface Operand extends ArgumentWriter {
    RawValues VALUES = RawValues.access();

    /** Puts the value into an empty slot of a frame. */
    void give(Frame from, Frame to, int slot);

    /**
     * A value that is the same in every run.
     *
     * @param payload a reference, of a counted value, that the program owns
     */
    record Constant(int tag, long payload) implements Operand {
        @Override public void push(Frame frame, DispatcherStack stack) {
            if (Tag.plain(tag)) stack.push(tag, payload);
            else stack.pushShared(tag, payload);
        }

        @Override public void give(Frame from, Frame to, int slot) {
            if (!Tag.plain(tag)) References.retain(payload);
            to.set(slot, tag, payload);
        }
    }

    /** A tensor of the program's state. */
    record StateTensor(int index) implements Operand {
        @Override public void push(Frame frame, DispatcherStack stack) {
            stack.push(Tag.TENSOR, VALUES.share(frame.state.tensor(index)));
        }

        @Override public void give(Frame from, Frame to, int slot) { to.set(slot, from.state.tensor(index)); }
    }

    /**
     * The use of a slot. The last use moves the reference, so that libtorch frees the value, or writes to it, within the very call that
     * needs it last.
     */
    final class Slot implements Operand {
        final int slot;
        private boolean last;

        Slot(int slot) { this.slot = slot; }

        void setLast() { last = true; }

        boolean isLast() { return last; }

        @Override public void push(Frame frame, DispatcherStack stack) {
            int tag = frame.tags[slot];
            long payload = frame.payloads[slot];
            if (last) frame.tags[slot] = Tag.NONE;
            else if (!Tag.plain(tag)) References.retain(payload);
            stack.push(tag, payload);
        }

        @Override public void give(Frame from, Frame to, int slot) {
            int tag = from.tags[this.slot];
            long payload = from.payloads[this.slot];
            if (last) from.tags[this.slot] = Tag.NONE;
            else if (!Tag.plain(tag)) References.retain(payload);
            to.set(slot, tag, payload);
        }
    }
}
