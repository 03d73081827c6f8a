package panatorch.nn;

/** {@link AvgPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class AvgPool2d extends AvgPool {
    /** Pools windows side by side. */
    public AvgPool2d(long kernel) { this(options(kernel)); }

    public AvgPool2d(long kernel, long stride, long padding, boolean ceilMode, boolean countIncludePad) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode).countIncludePad(countIncludePad));
    }

    public AvgPool2d(Options options) { super(options, 2); }

    @Override protected Module recreate() { return new AvgPool2d(options); }
}
