package panatorch.nn;

import java.util.Arrays;
import panatorch.Tensor;

/** Sizes of windows and the like: one number for all dimensions, or one for each. */
final class Sizes {
    private Sizes() {}

    /** Returns {@code values} for {@code n} dimensions. */
    static long[] of(int n, long... values) {
        if (values.length == n) return values;
        if (values.length != 1) throw new IllegalArgumentException("one size or " + n + " sizes are needed, not " + values.length);
        long[] all = new long[n];
        Arrays.fill(all, values[0]);
        return all;
    }

    /** Returns {@code values} for {@code n} dimensions, with the input's size in place of 0. */
    static long[] kept(int n, long[] values, Tensor input) {
        long[] sizes = of(n, values).clone();
        for (int d = 0; d < n; d++) if (sizes[d] == 0) sizes[d] = input.size(d - n);
        return sizes;
    }

    /** Refuses to normalise single values. Their variance is 0, so the result would silently be the bias. */
    static void moreThanOne(long values, String of, Tensor input) {
        if (values == 1)
            throw new IllegalArgumentException(
                    "Expected more than 1 " + of + " when training, got input size " + Arrays.toString(input.shape()));
    }
}
