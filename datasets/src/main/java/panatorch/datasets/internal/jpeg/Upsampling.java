package panatorch.datasets.internal.jpeg;

/**
 * The rows of a component at the size of the image, as libjpeg makes them: samples of half the width or height are interpolated linearly
 * with weights of 3/4 and 1/4, others are repeated. Samples at even and at odd columns go to arrays of their own, because the JIT compiler
 * vectorises only loops without strides, and only those of int.
 */
final class Upsampling {
    /** libjpeg interpolates nothing narrower. */
    private static final int MIN_WIDTH = 3;

    private final Component component;
    private final int ratio, verticalRatio, horizontal, vertical;
    private final boolean smooth;
    /** The last rows that were widened to int, with a repeated sample before and behind them, and their numbers. */
    private final int[][] rows;
    private final int[] numbers = {-1, -1, -1};
    private final int[] sums;

    Upsampling(Component component, Frame.Size image) {
        this.component = component;
        ratio = component.horizontal;
        verticalRatio = component.vertical;
        horizontal = image.horizontal();
        vertical = image.vertical();
        smooth = horizontal == 2 * ratio && component.width >= MIN_WIDTH && (vertical == verticalRatio || vertical == 2 * verticalRatio);
        rows = new int[3][component.width + 2];
        sums = new int[component.width + 2];
    }

    /** Writes row {@code y} of the image. */
    void row(int y, int[] even, int[] odd) {
        boolean half = vertical == 2 * verticalRatio;
        if (smooth) {
            int[] near = widened(half ? y >> 1 : y);
            if (half) smooth(near, widened(neighbour(y)), even, odd);
            else smooth(near, even, odd);
        } else if (half && horizontal == ratio) {
            int[] near = widened(y >> 1), far = widened(neighbour(y));
            int rounding = 1 + (y & 1);
            for (int i = 0; i < sums.length; i++) sums[i] = 3 * near[i] + far[i] + rounding >> 2;
            repeat(sums, even, odd);
        } else if (horizontal == ratio && vertical == verticalRatio) split(y, even, odd);
        else repeat(widened(Math.min(y * verticalRatio / vertical, component.height - 1)), even, odd);
    }

    private int neighbour(int y) { return Math.clamp((y >> 1) + ((y & 1) == 0 ? -1 : 1), 0, component.height - 1); }

    private int[] widened(int number) {
        int slot = number % rows.length, width = component.width;
        int[] row = rows[slot];
        if (numbers[slot] != number) {
            byte[] samples = component.samples;
            for (int i = 0, at = number * component.stride; i < width; i++) row[i + 1] = samples[at + i] & 0xFF;
            row[0] = row[1];
            row[width + 1] = row[width];
            numbers[slot] = number;
        }
        return row;
    }

    private void split(int y, int[] even, int[] odd) {
        byte[] samples = component.samples;
        for (int i = 0, at = y * component.stride; i < even.length; i++, at += 2) {
            even[i] = samples[at] & 0xFF;
            odd[i] = samples[at + 1] & 0xFF;
        }
    }

    private static void smooth(int[] row, int[] even, int[] odd) {
        for (int i = 0; i < even.length; i++) even[i] = 3 * row[i + 1] + row[i] + 1 >> 2;
        for (int i = 0; i < odd.length; i++) odd[i] = 3 * row[i + 1] + row[i + 2] + 2 >> 2;
    }

    private void smooth(int[] near, int[] far, int[] even, int[] odd) {
        int[] s = sums;
        for (int i = 0; i < s.length; i++) s[i] = 3 * near[i] + far[i];
        for (int i = 0; i < even.length; i++) even[i] = 3 * s[i + 1] + s[i] + 8 >> 4;
        for (int i = 0; i < odd.length; i++) odd[i] = 3 * s[i + 1] + s[i + 2] + 7 >> 4;
    }

    private void repeat(int[] row, int[] even, int[] odd) {
        int last = component.width;
        for (int i = 0; i < even.length; i++) {
            even[i] = row[Math.min(1 + 2 * i * ratio / horizontal, last)];
            odd[i] = row[Math.min(1 + (2 * i + 1) * ratio / horizontal, last)];
        }
    }
}
