package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** {@link FractionalMaxPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class FractionalMaxPool2d extends FractionalMaxPool {
    private FractionalMaxPool2d(long[] kernel, long @Nullable [] size, double @Nullable [] ratio) { super(2, kernel, size, ratio); }

    /** Creates a pooling to an output of given sizes. */
    public static FractionalMaxPool2d ofSize(long[] kernel, long... size) {
        return new FractionalMaxPool2d(kernel, size, null);
    }

    /** Creates a pooling to an output whose sizes are fractions of the input's, each between 0 and 1. */
    public static FractionalMaxPool2d ofRatio(long[] kernel, double... ratio) {
        return new FractionalMaxPool2d(kernel, null, ratio);
    }

    @Override protected Module recreate() { return new FractionalMaxPool2d(kernel, size, ratio); }
}
