package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * While open, operators of this thread record nothing for {@code backward}, and the tensors they make carry nothing that it could need: a little
 * faster than {@link NoGrad}, but such a tensor can never become part of a graph. Closing restores what was before; guards close in the
 * reverse order of their opening, on the thread that opened them.
 */
public final class InferenceMode extends Mode {
    private org.bytedeco.pytorch.@Nullable InferenceMode guard;

    private InferenceMode() { open(); }

    public static InferenceMode enter() { return new InferenceMode(); }

    /** Whether this thread is in it. */
    public static boolean isEnabled() {
        var enabled = new boolean[1];
        Mode.during(() -> enabled[0] = org.bytedeco.pytorch.InferenceMode.is_enabled());
        return enabled[0];
    }

    @Override void set() { guard = new org.bytedeco.pytorch.InferenceMode(true); }

    @Override void unset() {
        if (guard != null) guard.close();
        guard = null;
    }
}
