package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link MaxPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class MaxPool2d extends MaxPool {
    /** Pools windows side by side. */
    public MaxPool2d(long kernel) { this(options(kernel)); }

    /** Creates a layer with changed options: {@code new MaxPool2d(3, o -> o.stride(2).padding(1))}. */
    public MaxPool2d(long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(kernel)));
    }

    public MaxPool2d(long kernel, long stride, long padding, boolean ceilMode) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode));
    }

    public MaxPool2d(Options options) { super(options, 2); }

    @Override protected Module recreate() { return new MaxPool2d(options); }
}
