package panatorch;

import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.ThreadModes;

/**
 * A guard under which this thread's operators record nothing for {@code backward} and make tensors without autograd metadata. It is a
 * little faster than {@link NoGrad}, but such a tensor can never become part of a graph. Closing restores the previous state. Guards close
 * in the reverse order of their opening, on the thread that opened them.
 */
public final class InferenceMode extends Mode {
    /** The bit of the dispatch key that tracks views and in-place changes. */
    private static final long TRACKING = ThreadModes.bit("ADInplaceOrView");
    private static final ThreadModes.Switches SWITCHES = ThreadModes.Switches.found();
    private long keySets, added, leftOut, state;
    private int switches;

    private InferenceMode() { open(); }

    public static InferenceMode enter() { return new InferenceMode(); }

    /** Returns whether this thread is in inference mode. */
    public static boolean isEnabled() {
        var enabled = new boolean[1];
        Mode.during(() -> enabled[0] = org.bytedeco.pytorch.InferenceMode.is_enabled());
        return enabled[0];
    }

    @Override boolean recordsNothing(boolean outside) { return true; }

    /** Does what the constructor of libtorch's own guard does. Creating that object through JavaCPP would take longer. */
    @Override void set() {
        keySets = ThreadModes.keySets(ThreadContext.current().guard);
        added = Memory.getLong(keySets);
        leftOut = Memory.getLong(keySets + 8);
        state = ThreadModes.autogradState() + SWITCHES.offset();
        switches = Memory.getInt(state);
        Memory.setInt(state, switches & ~SWITCHES.mask() | SWITCHES.inference());
        Memory.setLong(keySets, added | TRACKING); // inverted, as it is in the default
        Memory.setLong(keySets + 8, leftOut | BelowAutograd.KEYS);
    }

    @Override void unset() {
        Memory.setInt(state, switches);
        Memory.setLong(keySets, added);
        Memory.setLong(keySets + 8, leftOut);
    }
}
