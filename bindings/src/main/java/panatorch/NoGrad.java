package panatorch;

import panatorch.internal.libtorch.CApi;

/**
 * Has this thread's operators record nothing for {@code backward} while it is open. Closing restores what was before; guards close in the
 * reverse order of their opening, on the thread that opened them.
 *
 * <pre>{@code try (var off = NoGrad.enter()) { … } }</pre>
 */
public final class NoGrad extends Mode {
    private final boolean on;
    private boolean before;

    private NoGrad(boolean on) {
        this.on = on;
        open();
    }

    public static NoGrad enter() { return new NoGrad(false); }

    /** The opposite: recording is on while open, also inside a {@link #enter}. */
    public static NoGrad enableGrad() {
        return new NoGrad(true);
    }

    /** Returns whether operators of this thread record for {@code backward}. */
    public static boolean isGradEnabled() {
        var enabled = new boolean[1];
        Mode.during(() -> enabled[0] = CApi.gradMode());
        return enabled[0];
    }

    @Override boolean recordsNothing(boolean outside) { return !on; }

    @Override void set() {
        before = CApi.gradMode();
        CApi.setGradMode(on);
    }

    @Override void unset() { CApi.setGradMode(before); }
}
