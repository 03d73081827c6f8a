package panatorch;

import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.ThreadModes;

/**
 * A guard under which this thread's operators skip the kernels that record for {@code backward} and go directly to the kernels of their
 * devices. A kernel for {@link DispatchKey#AUTOGRAD} uses it to reach the operator's other kernels. Closing restores the previous state.
 * Guards close in the reverse order of their opening, on the thread that opened them.
 */
public final class BelowAutograd extends Mode {
    static final long KEYS =
            ThreadModes.bit("AutogradFunctionality") | ThreadModes.bit("AutogradOther") | ThreadModes.bit("AutogradNestedTensor");
    private long leftOut, before;

    private BelowAutograd() { open(); }

    public static BelowAutograd enter() { return new BelowAutograd(); }

    @Override void set() {
        leftOut = ThreadModes.keySets(ThreadContext.current().guard) + 8;
        before = Memory.getLong(leftOut);
        Memory.setLong(leftOut, before | KEYS);
    }

    @Override void unset() { Memory.setLong(leftOut, before); }
}
