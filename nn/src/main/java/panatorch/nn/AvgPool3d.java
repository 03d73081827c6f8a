package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link AvgPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class AvgPool3d extends AvgPool {
    /** Pools windows side by side. */
    public AvgPool3d(long kernel) { this(options(kernel)); }

    /** Creates a layer with changed options: {@code new AvgPool3d(3, o -> o.stride(2))}. */
    public AvgPool3d(long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(kernel)));
    }

    public AvgPool3d(long kernel, long stride, long padding, boolean ceilMode, boolean countIncludePad) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode).countIncludePad(countIncludePad));
    }

    public AvgPool3d(Options options) { super(options, 3); }

    @Override protected Module recreate() { return new AvgPool3d(options); }
}
