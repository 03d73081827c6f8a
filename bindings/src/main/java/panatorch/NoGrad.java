package panatorch;

import panatorch.internal.library.NativeLibrary;
import panatorch.internal.libtorch.CApi;

/**
 * While open, operators of this thread record nothing for {@code backward}. Closing restores what was before; guards close in
 * the reverse order of their opening, on the thread that opened them.
 *
 * <pre>{@code try (var off = NoGrad.enter()) { … } }</pre>
 */
public final class NoGrad implements AutoCloseable {
    private final boolean before;
    private boolean closed;

    private NoGrad(boolean on) {
        NativeLibrary.load();
        before = CApi.gradMode();
        CApi.setGradMode(on);
    }

    public static NoGrad enter() { return new NoGrad(false); }

    /** The opposite: recording is on while open, also inside a {@link #enter}. */
    public static NoGrad enableGrad() { return new NoGrad(true); }

    /** Whether operators of this thread record for {@code backward}. */
    public static boolean isGradEnabled() { return CApi.gradMode(); }

    @Override public void close() {
        if (!closed) CApi.setGradMode(before);
        closed = true;
    }
}
