package panatorch.datasets.internal.jpeg;

/**
 * The discrete cosine transform of blocks of 8×8 samples in integers (Loeffler, Ligtenberg and Moschytz, 1989), with the constants and the
 * rounding of libjpeg's accurate method. The results are 8 times as large as those of the definition.
 */
final class ForwardDct {
    private static final int BITS = 13, MORE = 2;

    private ForwardDct() {}

    /** Transforms a block of samples from -128 to 127 in place. */
    static void transform(int[] block) {
        for (int row = 0; row < 64; row += 8) line(block, row, 1, BITS - MORE, MORE);
        for (int column = 0; column < 8; column++) line(block, column, 8, BITS + MORE, -MORE);
    }

    /**
     * Transforms a row or a column.
     *
     * @param shift bits that products lose
     * @param up bits by which plain sums are shifted to the left; if negative, to the right, rounded
     */
    private static void line(int[] d, int at, int step, int shift, int up) {
        int a0 = d[at], a1 = d[at + step], a2 = d[at + 2 * step], a3 = d[at + 3 * step];
        int a4 = d[at + 4 * step], a5 = d[at + 5 * step], a6 = d[at + 6 * step], a7 = d[at + 7 * step];
        int s0 = a0 + a7, s1 = a1 + a6, s2 = a2 + a5, s3 = a3 + a4, t0 = a0 - a7, t1 = a1 - a6, t2 = a2 - a5, t3 = a3 - a4;

        int even0 = s0 + s3, even1 = s1 + s2, even2 = s1 - s2, even3 = s0 - s3;
        d[at] = shifted(even0 + even1, up);
        d[at + 4 * step] = shifted(even0 - even1, up);
        int turn = (even2 + even3) * 4433;
        d[at + 2 * step] = rounded(turn + even3 * 6270, shift);
        d[at + 6 * step] = rounded(turn - even2 * 15137, shift);

        int z5 = (t3 + t1 + t2 + t0) * 9633, z3 = z5 - (t3 + t1) * 16069, z4 = z5 - (t2 + t0) * 3196;
        int z1 = -(t3 + t0) * 7373, z2 = -(t2 + t1) * 20995;
        d[at + 7 * step] = rounded(t3 * 2446 + z1 + z3, shift);
        d[at + 5 * step] = rounded(t2 * 16819 + z2 + z4, shift);
        d[at + 3 * step] = rounded(t1 * 25172 + z2 + z3, shift);
        d[at + step] = rounded(t0 * 12299 + z1 + z4, shift);
    }

    private static int shifted(int sum, int up) { return up >= 0 ? sum << up : rounded(sum, -up); }

    private static int rounded(int x, int shift) { return x + (1 << shift - 1) >> shift; }
}
