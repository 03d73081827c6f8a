package panatorch.datasets.internal.webp;

/** Smooths the edges of blocks (RFC 6386, section 15). */
final class LoopFilter {
    private final byte[] plane;

    LoopFilter(byte[] plane) { this.plane = plane; }

    /**
     * Smooths an edge with the simple filter.
     *
     * @param at the first sample behind the edge
     * @param step distance of samples across the edge
     * @param along distance of samples along it
     */
    void simple(int at, int step, int along, int limit) {
        for (int i = 0; i < 16; i++, at += along)
            if (4 * difference(at - step, at) + difference(at - 2 * step, at + step) <= 2 * limit + 1) two(at, step);
    }

    /**
     * Smooths an edge with the normal filter.
     *
     * @param size length of the edge
     * @param inner the greatest difference of neighbours beside the edge
     * @param steep the difference of neighbours from which on there is a real edge
     * @param ofMacroblock whether the edge is one of a macroblock, where more samples change
     */
    void normal(int at, int step, int along, int size, int limit, int inner, int steep, boolean ofMacroblock) {
        for (int i = 0; i < size; i++, at += along) {
            if (4 * difference(at - step, at) + difference(at - 2 * step, at + step) > 2 * limit + 1
                    || difference(at - 4 * step, at - 3 * step) > inner || difference(at - 3 * step, at - 2 * step) > inner
                    || difference(at - 2 * step, at - step) > inner || difference(at + 3 * step, at + 2 * step) > inner
                    || difference(at + 2 * step, at + step) > inner || difference(at + step, at) > inner)
                continue;
            if (difference(at - 2 * step, at - step) > steep || difference(at + step, at) > steep) two(at, step);
            else if (ofMacroblock) six(at, step);
            else four(at, step);
        }
    }

    private int value(int at) { return plane[at] & 0xFF; }

    private int difference(int a, int b) { return Math.abs(value(a) - value(b)); }

    private void add(int at, int change) { plane[at] = (byte) Math.clamp(value(at) + change, 0, 255); }

    private void two(int at, int step) {
        int a = 3 * (value(at) - value(at - step)) + signedByte(value(at - 2 * step) - value(at + step));
        add(at, -small(a + 4 >> 3));
        add(at - step, small(a + 3 >> 3));
    }

    private void four(int at, int step) {
        int a = 3 * (value(at) - value(at - step)), b = small(a + 4 >> 3), c = small(a + 3 >> 3), d = b + 1 >> 1;
        add(at - 2 * step, d);
        add(at - step, c);
        add(at, -b);
        add(at + step, -d);
    }

    private void six(int at, int step) {
        int a = signedByte(3 * (value(at) - value(at - step)) + signedByte(value(at - 2 * step) - value(at + step)));
        for (int i = 0; i < 3; i++) {
            int change = 9 * (3 - i) * a + 63 >> 7;
            add(at - (i + 1) * step, change);
            add(at + i * step, -change);
        }
    }

    private static int signedByte(int value) { return Math.clamp(value, -128, 127); }

    private static int small(int value) { return Math.clamp(value, -16, 15); }
}
