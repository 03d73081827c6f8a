package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link MaxPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class MaxPool3d extends MaxPool {
    /** Pools windows side by side. */
    public MaxPool3d(long kernel) { this(options(kernel)); }

    /** Creates a layer with changed options: {@code new MaxPool3d(3, o -> o.stride(2).padding(1))}. */
    public MaxPool3d(long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(kernel)));
    }

    public MaxPool3d(long kernel, long stride, long padding, boolean ceilMode) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode));
    }

    public MaxPool3d(Options options) { super(options, 3); }

    @Override protected Module recreate() { return new MaxPool3d(options); }
}
