package panatorch;

import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.ThreadModes;

/**
 * Has this thread's operators computed by their devices' kernels at once while it is open, past those that record for {@code backward}. A
 * kernel for {@link DispatchKey#AUTOGRAD} reaches in it the operator's other kernels. Closing restores what was before; guards close in the
 * reverse order of their opening, on the thread that opened them.
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
