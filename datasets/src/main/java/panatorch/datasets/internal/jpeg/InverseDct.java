package panatorch.datasets.internal.jpeg;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The inverse discrete cosine transform in whole numbers, with the results of libjpeg's accurate method (Loeffler, Ligtenberg, Moschytz
 * 1989, "Practical fast 1-D DCT algorithms with 11 multiplications"): constants of 13 bits, and two more bits between the passes.
 *
 * <p>
 * Blocks are collected, and {@value #BLOCKS} are transformed at once, because the JIT compiler vectorises only simple loops over whole
 * arrays of int. A block takes less than half of the time of a transform of its own, though every output is a sum of four products.
 */
final class InverseDct {
    private static final int BLOCKS = 64, SIDE = 8, BITS = 13, PASS_BITS = 2, CENTRE = 128;
    private static final int C0_298 = 2446, C0_390 = 3196, C0_541 = 4433, C0_765 = 6270, C0_899 = 7373, C1_175 = 9633, C1_501 = 12299,
            C1_847 = 15137, C1_961 = 16069, C2_053 = 16819, C2_562 = 20995, C3_072 = 25172, ONE = 1 << BITS;
    /** What the inputs 0, 2, 4 and 6 give to both outputs of a pair, and what 1, 3, 5 and 7 add to the one and take from the other. */
    private static final int[][] EVEN = {{ONE, C0_541 + C0_765, ONE, C0_541}, {ONE, C0_541, -ONE, C0_541 - C1_847},
        {ONE, -C0_541, -ONE, C1_847 - C0_541}, {ONE, -C0_541 - C0_765, ONE, -C0_541}};
    private static final int[][] ODD = {{C1_501 - C0_899 - C0_390 + C1_175, C1_175, C1_175 - C0_390, C1_175 - C0_899},
        {C1_175, C3_072 - C2_562 - C1_961 + C1_175, C1_175 - C2_562, C1_175 - C1_961},
        {C1_175 - C0_390, C1_175 - C2_562, C2_053 - C2_562 - C0_390 + C1_175, C1_175},
        {C1_175 - C0_899, C1_175 - C1_961, C1_175, C0_298 - C0_899 - C1_961 + C1_175}};
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** By row of the coefficients, then column, then block; afterwards by column, row and block. */
    private final int[][] rows = new int[SIDE][SIDE * BLOCKS], columns = new int[SIDE][SIDE * BLOCKS];
    private final int[] even = new int[SIDE * BLOCKS], odd = new int[SIDE * BLOCKS];
    private final byte[][] targets = new byte[BLOCKS][];
    private final int[] offsets = new int[BLOCKS], strides = new int[BLOCKS];
    private int count;

    /** Sets a coefficient of the next block, multiplied by its step. All are zero at first. */
    void set(int place, int value) {
        rows[place >> 3][(place & 7) * BLOCKS + count] = value;
    }

    /** Ends a block. Its samples are there after the next {@link #flush} only. */
    void add(byte[] to, int offset, int stride) {
        targets[count] = to;
        offsets[count] = offset;
        strides[count] = stride;
        if (++count == BLOCKS) flush();
    }

    /** Writes the samples of a block that has only its first coefficient. */
    static void constant(int first, byte[] to, int offset, int stride) {
        byte value = (byte) sample((first << PASS_BITS) + (1 << PASS_BITS + 2) >> PASS_BITS + 3);
        for (int row = 0, at = offset; row < SIDE; row++, at += stride) Arrays.fill(to, at, at + SIDE, value);
    }

    /** Writes the samples of all blocks that were added. */
    void flush() {
        if (count == 0) return;
        for (int pair = 0; pair < 4; pair++) {
            halves(rows, pair);
            rotate(even, odd, columns[pair], columns[7 - pair]);
        }
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++) System.arraycopy(columns[r], c * BLOCKS, rows[c], r * BLOCKS, BLOCKS);
        for (int pair = 0; pair < 4; pair++) {
            halves(rows, pair);
            finish(even, odd, columns[pair], columns[7 - pair]);
        }
        store();
        for (int[] row : rows) Arrays.fill(row, 0);
        count = 0;
    }

    private void halves(int[][] in, int pair) {
        int[] e = EVEN[pair], o = ODD[pair];
        products(in[0], in[2], in[4], in[6], e[0], e[1], e[2], e[3], even);
        products(in[1], in[3], in[5], in[7], o[0], o[1], o[2], o[3], odd);
    }

    private static void products(int[] a, int[] b, int[] c, int[] d, int p, int q, int r, int s, int[] sum) {
        for (int i = 0; i < SIDE * BLOCKS; i++) sum[i] = a[i] * p + b[i] * q + c[i] * r + d[i] * s;
    }

    private static void rotate(int[] even, int[] odd, int[] plus, int[] minus) {
        int half = 1 << BITS - PASS_BITS - 1;
        for (int i = 0; i < SIDE * BLOCKS; i++) {
            int e = even[i] + half, o = odd[i];
            plus[i] = e + o >> BITS - PASS_BITS;
            minus[i] = e - o >> BITS - PASS_BITS;
        }
    }

    private static void finish(int[] even, int[] odd, int[] plus, int[] minus) {
        int half = 1 << BITS + PASS_BITS + 2;
        for (int i = 0; i < SIDE * BLOCKS; i++) {
            int e = even[i] + half, o = odd[i];
            plus[i] = sample(e + o >> BITS + PASS_BITS + 3);
            minus[i] = sample(e - o >> BITS + PASS_BITS + 3);
        }
    }

    private static int sample(int value) { return Math.min(Math.max(value + CENTRE, 0), 255); }

    private void store() {
        int[] a = columns[0], b = columns[1], c = columns[2], d = columns[3], e = columns[4], f = columns[5], g = columns[6],
                h = columns[7];
        for (int block = 0; block < count; block++) {
            byte[] to = targets[block];
            int stride = strides[block];
            for (int i = block, at = offsets[block]; i < SIDE * BLOCKS; i += BLOCKS, at += stride) {
                int low = a[i] | b[i] << 8 | c[i] << 16 | d[i] << 24, high = e[i] | f[i] << 8 | g[i] << 16 | h[i] << 24;
                LONG.set(to, at, low & 0xFFFFFFFFL | (long) high << 32);
            }
        }
    }
}
