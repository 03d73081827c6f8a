package panatorch.export;

import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.Tag;

/** Writes one argument of a call onto the stack, which then owns its reference. */
interface ArgumentWriter {
    void push(Frame frame, DispatcherStack stack);

    /** The default of an operator's parameter. */
    record Default(long address) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) { stack.pushCopy(address); }
    }

    /** A number of the graph for a parameter of type float, where Python converts an int. */
    record Real(int slot) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            stack.push(Tag.DOUBLE, Double.doubleToRawLongBits(frame.real(slot)));
        }
    }

    /** A number of the graph for a parameter of type Tensor. */
    record WrappedNumber(int slot) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            int tag = frame.tags[slot];
            Object number = tag == Tag.DOUBLE ? (Object) frame.real(slot) : tag == Tag.BOOL ? (Object) ((frame.payloads[slot] & 0xff) != 0)
                    : (Object) frame.payloads[slot];
            stack.push(Tag.TENSOR, RawValues.access().wrappedNumber(number));
        }
    }

    /**
     * A list of integers, some of which are numbers of the graph.
     *
     * @param values the constant ones
     * @param slots where the others are; −1 for a constant
     */
    record Integers(long[] values, int[] slots) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            long[] all = values.clone();
            for (int i = 0; i < all.length; i++) if (slots[i] >= 0) all[i] = frame.payloads[slots[i]];
            stack.push(Tag.LIST, NativeLists.of(all));
        }
    }

    /** A list of reals, as {@link Integers}. */
    record Reals(double[] values, int[] slots) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            double[] all = values.clone();
            for (int i = 0; i < all.length; i++) if (slots[i] >= 0) all[i] = frame.real(slots[i]);
            stack.push(Tag.LIST, NativeLists.of(all));
        }
    }

    /** A list of tensors, which may be absent if {@code optional}. */
    record Tensors(Operand[] items, boolean optional) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            long list = optional ? NativeLists.optionalTensors(items.length) : NativeLists.tensors(items.length);
            int at = stack.size();
            stack.push(Tag.LIST, list);
            for (Operand item : items) { // by the stack, on which nothing stays if an item cannot be had
                item.push(frame, stack);
                int tag = stack.tag(at + 1);
                if (tag != Tag.TENSOR && !(optional && tag == Tag.NONE))
                    throw new IllegalArgumentException("an element of a list of tensors is not a tensor");
                NativeLists.append(list, tag, stack.take(at + 1));
                stack.remove(at + 1, 1);
            }
        }
    }

    /**
     * A flag by which an operator tells training from evaluation. In evaluation it is off. In training it is as it was exported if the
     * program was exported in training mode, otherwise on.
     */
    record TrainingFlag(boolean inTraining) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            stack.push(Tag.BOOL, frame.state.isTraining() && inTraining ? 1 : 0);
        }
    }

    /** A drop probability of an operator without such a flag: 0 in evaluation. */
    record DropProbability(double inTraining) implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) {
            stack.push(Tag.DOUBLE, Double.doubleToRawLongBits(frame.state.isTraining() ? inTraining : 0));
        }
    }

    /** The device that the program was exported on; the program may have moved since. */
    record ProgramDevice() implements ArgumentWriter {
        @Override public void push(Frame frame, DispatcherStack stack) { stack.push(Tag.DEVICE, frame.state.device()); }
    }
}
