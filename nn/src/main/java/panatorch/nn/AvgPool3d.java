package panatorch.nn;

/** {@link AvgPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class AvgPool3d extends AvgPool {
    /** Pools windows side by side. */
    public AvgPool3d(long kernel) { this(options(kernel)); }

    public AvgPool3d(long kernel, long stride, long padding, boolean ceilMode, boolean countIncludePad) {
        this(options(kernel).stride(stride).padding(padding).ceilMode(ceilMode).countIncludePad(countIncludePad));
    }

    public AvgPool3d(Options options) { super(options, 3); }

    @Override protected Module recreate() { return new AvgPool3d(options); }
}
