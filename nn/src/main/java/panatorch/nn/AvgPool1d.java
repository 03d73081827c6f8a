package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link AvgPool}: [N, C, L] → [N, C, L′], or without N. */
public final class AvgPool1d extends AvgPool {
    /** Pools windows side by side. */
    public AvgPool1d(long kernel) { this(options(kernel)); }

    /** Creates a layer with changed options: {@code new AvgPool1d(3, o -> o.stride(2))}. */
    public AvgPool1d(long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(kernel)));
    }

    public AvgPool1d(long kernel, long stride, long padding, boolean ceilMode, boolean countIncludePad) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode).countIncludePad(countIncludePad));
    }

    public AvgPool1d(Options options) { super(options, 1); }

    @Override protected Module recreate() { return new AvgPool1d(options); }
}
