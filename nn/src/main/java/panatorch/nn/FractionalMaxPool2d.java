package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** {@link FractionalMaxPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class FractionalMaxPool2d extends FractionalMaxPool {
    private FractionalMaxPool2d(long[] kernel, long @Nullable [] size, double @Nullable [] ratio) { super(2, kernel, size, ratio); }

    /** An output of the given sizes. */
    public static FractionalMaxPool2d ofSize(long[] kernel, long... size) { return new FractionalMaxPool2d(kernel, size, null); }

    /** An output whose sizes are parts of the input's, each between 0 and 1. */
    public static FractionalMaxPool2d ofRatio(long[] kernel, double... ratio) { return new FractionalMaxPool2d(kernel, null, ratio); }

    @Override protected Module recreate() { return new FractionalMaxPool2d(kernel, size, ratio); }
}
