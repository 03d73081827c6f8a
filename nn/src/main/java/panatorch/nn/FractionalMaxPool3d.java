package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** {@link FractionalMaxPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class FractionalMaxPool3d extends FractionalMaxPool {
    private FractionalMaxPool3d(long[] kernel, long @Nullable [] size, double @Nullable [] ratio) { super(3, kernel, size, ratio); }

    /** Creates a pooling to an output of given sizes. */
    public static FractionalMaxPool3d ofSize(long[] kernel, long... size) {
        return new FractionalMaxPool3d(kernel, size, null);
    }

    /** Creates a pooling to an output whose sizes are fractions of the input's, each between 0 and 1. */
    public static FractionalMaxPool3d ofRatio(long[] kernel, double... ratio) {
        return new FractionalMaxPool3d(kernel, null, ratio);
    }

    @Override protected Module recreate() { return new FractionalMaxPool3d(kernel, size, ratio); }
}
