package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link AvgPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class AvgPool2d extends AvgPool {
    /** Pools windows side by side. */
    public AvgPool2d(long kernel) { this(options(kernel)); }

    /** Creates a layer with changed options: {@code new AvgPool2d(3, o -> o.stride(2))}. */
    public AvgPool2d(long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(kernel)));
    }

    public AvgPool2d(long kernel, long stride, long padding, boolean ceilMode, boolean countIncludePad) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode).countIncludePad(countIncludePad));
    }

    public AvgPool2d(Options options) { super(options, 2); }

    @Override protected Module recreate() { return new AvgPool2d(options); }
}
