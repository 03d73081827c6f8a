package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link MaxPool}: [N, C, L] → [N, C, L′], or without N. */
public final class MaxPool1d extends MaxPool {
    /** Pools windows side by side. */
    public MaxPool1d(long kernel) { this(options(kernel)); }

    /** Creates a layer with changed options: {@code new MaxPool1d(3, o -> o.stride(2).padding(1))}. */
    public MaxPool1d(long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(kernel)));
    }

    public MaxPool1d(long kernel, long stride, long padding, boolean ceilMode) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode));
    }

    public MaxPool1d(Options options) { super(options, 1); }

    @Override protected Module recreate() { return new MaxPool1d(options); }
}
