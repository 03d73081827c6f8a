package panatorch;

import panatorch.internal.libtorch.CApi;

/**
 * A guard under which this thread's operators record nothing for {@code backward}. Closing restores the previous state. Guards close in the
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

    /** Turns recording on until the guard is closed, also inside an {@link #enter}. */
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
