package panatorch.datasets.internal.webp;

/** Predicts blocks from their neighbours (RFC 6386, section 12). Above the picture all samples are 127, to its left 129. */
final class Prediction {
    /** The modes of whole macroblocks, and the same of blocks of 4 by 4, where more follow. */
    static final int AVERAGE = 0, GRADIENT = 1, VERTICAL = 2, HORIZONTAL = 3;

    private static final int ABOVE = 127, LEFT = 129;

    private final byte[] plane;
    private final int stride;
    /** Above-left, the samples above, those to the left. */
    private final int[] above = new int[17], left = new int[17];
    /** The samples around a block of 4 by 4: left from bottom to top, the corner, above from left to right. */
    private final int[] edge = new int[13];

    Prediction(byte[] plane, int stride) {
        this.plane = plane;
        this.stride = stride;
    }

    /** Predicts a square of {@code size} samples. */
    void square(int x, int y, int size, int mode) {
        int at = y * stride + x;
        for (int i = 0; i <= size; i++) {
            above[i] = y == 0 ? ABOVE : i == 0 && x == 0 ? LEFT : plane[at - stride + i - 1] & 0xFF;
            left[i] = i == 0 ? above[0] : x == 0 ? LEFT : plane[at + (i - 1) * stride - 1] & 0xFF;
        }
        int average = average(x, y, size);
        for (int j = 1; j <= size; j++, at += stride)
            for (int i = 1; i <= size; i++) plane[at + i - 1] = (byte) switch (mode) {
                case AVERAGE -> average;
                case GRADIENT -> Math.clamp(left[j] + above[i] - above[0], 0, 255);
                case VERTICAL -> above[i];
                default -> left[j];
            };
    }

    private int average(int x, int y, int size) {
        if (x == 0 && y == 0) return 128;
        int sum = 0, count = (x > 0 && y > 0 ? 2 : 1) * size;
        for (int i = 1; i <= size; i++) sum += (x > 0 ? left[i] : 0) + (y > 0 ? above[i] : 0);
        return (sum + count / 2) / count;
    }

    /**
     * Predicts a block of 4 by 4 samples.
     *
     * @param corner place of the samples above and to the right of the macroblock, which its blocks on the right side use; −1 if there are
     * none above
     * @param repeated whether the sample at {@code corner} stands for all four, as at the right end of the picture
     */
    void block(int x, int y, int mode, int corner, boolean repeated) {
        int at = y * stride + x;
        for (int i = 0; i < 4; i++) edge[3 - i] = x == 0 ? LEFT : plane[at + i * stride - 1] & 0xFF;
        edge[4] = y == 0 ? ABOVE : x == 0 ? LEFT : plane[at - stride - 1] & 0xFF;
        for (int i = 0; i < 8; i++) {
            boolean beyond = i >= 4 && (x & 15) == 12;
            int from = beyond ? corner + (repeated ? 0 : i - 4) : at - stride + i;
            edge[5 + i] = y == 0 || beyond && corner < 0 ? ABOVE : plane[from] & 0xFF;
        }
        switch (mode) {
            case AVERAGE -> {
                int sum = 4;
                for (int i = 0; i < 4; i++) sum += edge[i] + edge[5 + i];
                for (int i = 0; i < 16; i++) set(at, i & 3, i >> 2, sum >> 3);
            }
            case GRADIENT -> {
                for (int i = 0; i < 16; i++) set(at, i & 3, i >> 2, Math.clamp(edge[5 + (i & 3)] + edge[3 - (i >> 2)] - edge[4], 0, 255));
            }
            case VERTICAL -> {
                for (int i = 0; i < 16; i++) set(at, i & 3, i >> 2, three(4 + (i & 3)));
            }
            case HORIZONTAL -> {
                for (int i = 0; i < 16; i++) {
                    int j = i >> 2;
                    set(at, i & 3, j, j == 3 ? edge[1] + 3 * edge[0] + 2 >> 2 : three(2 - j));
                }
            }
            case 4 -> { // down and right
                for (int i = 0; i < 16; i++) set(at, i & 3, i >> 2, three(3 + (i & 3) - (i >> 2)));
            }
            case 5 -> verticalRight(at);
            case 6 -> { // down and left
                for (int i = 0; i < 16; i++) {
                    int n = (i & 3) + (i >> 2);
                    set(at, i & 3, i >> 2, n == 6 ? edge[11] + 3 * edge[12] + 2 >> 2 : three(5 + n));
                }
            }
            case 7 -> verticalLeft(at);
            case 8 -> horizontalDown(at);
            default -> horizontalUp(at);
        }
    }

    private void set(int at, int x, int y, int value) { plane[at + y * stride + x] = (byte) value; }

    /** Returns the mean of three neighbours from {@code edge[i]} on, the middle one counting twice. */
    private int three(int i) {
        return edge[i] + 2 * edge[i + 1] + edge[i + 2] + 2 >> 2;
    }

    private int two(int i) { return edge[i] + edge[i + 1] + 1 >> 1; }

    private void verticalRight(int at) {
        for (int i = 0; i < 4; i++) {
            set(at, i, 0, two(4 + i));
            set(at, i, 1, three(3 + i));
            if (i > 0) {
                set(at, i, 2, two(3 + i));
                set(at, i, 3, three(2 + i));
            }
        }
        set(at, 0, 2, three(2));
        set(at, 0, 3, three(1));
    }

    private void verticalLeft(int at) {
        for (int i = 0; i < 4; i++) {
            set(at, i, 0, two(5 + i));
            set(at, i, 1, three(5 + i));
            if (i < 3) {
                set(at, i, 2, two(6 + i));
                set(at, i, 3, three(6 + i));
            }
        }
        set(at, 3, 2, three(9));
        set(at, 3, 3, three(10));
    }

    private void horizontalDown(int at) {
        for (int j = 0; j < 4; j++) {
            set(at, 0, j, two(3 - j));
            set(at, 1, j, three(3 - j));
            if (j > 0) {
                set(at, 2, j, two(4 - j));
                set(at, 3, j, three(4 - j));
            }
        }
        set(at, 2, 0, three(4));
        set(at, 3, 0, three(5));
    }

    private void horizontalUp(int at) {
        for (int i = 0; i < 16; i++) {
            int x = i & 3, y = i >> 2, n = x + 2 * y;
            int value = switch (n) {
                case 0, 2, 4 -> two(2 - n / 2);
                case 1, 3 -> three(1 - n / 2);
                case 5 -> edge[1] + 3 * edge[0] + 2 >> 2;
                default -> edge[0];
            };
            set(at, x, y, value);
        }
    }
}
