package panatorch.nn;

/** {@link MaxPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class MaxPool2d extends MaxPool {
    /** Pools windows side by side. */
    public MaxPool2d(long kernel) { this(options(kernel)); }

    public MaxPool2d(long kernel, long stride, long padding, boolean ceilMode) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode));
    }

    public MaxPool2d(Options options) { super(options, 2); }

    @Override protected Module recreate() { return new MaxPool2d(options); }
}
