package panatorch.datasets.internal.webp;

import java.util.Arrays;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Pixels;

/** Decodes a lossy picture, which is a key frame of VP8 (RFC 6386). */
final class LossyPicture {
    /** Kinds of coefficients (section 13.3): luma behind a block of averages, these averages, chroma, luma. */
    private static final int LUMA_REST = 0, AVERAGES = 1, CHROMA = 2, LUMA = 3;
    private static final int[] BANDS = {0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0}, ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10,
        7, 11, 14, 15};
    /** The probabilities of the extra bits of large coefficients. */
    private static final int[][] EXTRA = {{173, 148, 140}, {176, 155, 140, 135}, {180, 157, 141, 134, 130},
        {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}};
    /** The tree of block modes: positive numbers are nodes, others modes with their sign changed. */
    private static final int[] MODE_TREE = {0, 1, -1, 2, -2, 3, 4, 6, -3, 5, -4, -5, -6, 7, -7, 8, -8, -9};

    private final FrameHeader header;
    private final BoolReader modes;
    private final Planes planes;
    private final Prediction luma, blue, red;
    private final int[] modesAbove, modesLeft = new int[4];
    /** Whether the last blocks above and to the left had coefficients: four of luma, two of each chroma, one of averages. */
    private final boolean[][] above;
    private final boolean[] left = new boolean[9];
    /** Of each macroblock: 4 · segment, 2 if it is predicted in small blocks, 1 if it has coefficients. */
    private final byte[] kinds;
    private final int[] coefficients = new int[25 * 16], subModes = new int[16], column = new int[16];

    private LossyPicture(FrameHeader header) {
        this.header = header;
        modes = header.reader();
        planes = new Planes(header.width(), header.height());
        luma = new Prediction(planes.luma, planes.stride);
        blue = new Prediction(planes.blue, planes.chromaStride);
        red = new Prediction(planes.red, planes.chromaStride);
        modesAbove = new int[4 * planes.across];
        above = new boolean[planes.across][9];
        kinds = new byte[planes.across * planes.down];
    }

    /** Decodes the picture whose chunk lies from {@code from} to {@code end}. */
    static Pixels decode(byte[] file, int from, int end) throws ImageFormatException {
        var picture = new LossyPicture(FrameHeader.read(file, from, end));
        picture.macroblocks();
        picture.smooth();
        return picture.planes.pixels();
    }

    private void macroblocks() throws ImageFormatException {
        for (int y = 0; y < planes.down; y++) {
            BoolReader tokens = header.partitions().get(y & header.partitions().size() - 1);
            Arrays.fill(modesLeft, Prediction.AVERAGE);
            Arrays.fill(left, false);
            for (int x = 0; x < planes.across; x++) macroblock(x, y, tokens);
            modes.requireNotEnded();
            tokens.requireNotEnded();
        }
    }

    private void macroblock(int x, int y, BoolReader tokens) {
        int segment = header.segmentMap() ? modes.bit(header.segmentProbabilities()[0]) == 0 ? modes.bit(header.segmentProbabilities()[1])
                : 2 + modes.bit(header.segmentProbabilities()[2]) : 0;
        boolean skipped = header.skipProbability() >= 0 && modes.bit(header.skipProbability()) != 0;
        boolean small = modes.bit(145) == 0;
        int mode = small ? subModes(x) : lumaMode(x);
        int chroma = modes.bit(142) == 0 ? Prediction.AVERAGE : modes.bit(114) == 0 ? Prediction.VERTICAL
                : modes.bit(183) == 0 ? Prediction.HORIZONTAL : Prediction.GRADIENT;
        Arrays.fill(coefficients, 0);
        boolean some = false;
        if (skipped) skip(x, small);
        else some = coefficients(x, tokens, header.steps()[segment], small);
        kinds[y * planes.across + x] = (byte) (4 * segment + (small ? 2 : 0) + (some ? 1 : 0));
        predict(x, y, small, mode, chroma);
    }

    private int lumaMode(int x) {
        int mode = modes.bit(156) != 0 ? modes.bit(128) != 0 ? Prediction.GRADIENT : Prediction.HORIZONTAL
                : modes.bit(163) != 0 ? Prediction.VERTICAL : Prediction.AVERAGE;
        Arrays.fill(modesAbove, 4 * x, 4 * x + 4, mode);
        Arrays.fill(modesLeft, mode);
        return mode;
    }

    private int subModes(int x) {
        for (int i = 0; i < 16; i++) {
            int over = 4 * x + (i & 3), side = i >> 2, table = (modesAbove[over] * Tables.MODES + modesLeft[side]) * (Tables.MODES - 1);
            int node = MODE_TREE[modes.bit(Tables.BLOCK_MODES[table])];
            while (node > 0) node = MODE_TREE[2 * node + modes.bit(Tables.BLOCK_MODES[table + node])];
            modesAbove[over] = modesLeft[side] = subModes[i] = -node;
        }
        return -1;
    }

    // ---- coefficients

    private void skip(int x, boolean small) {
        Arrays.fill(above[x], 0, small ? 8 : 9, false);
        Arrays.fill(left, 0, small ? 8 : 9, false);
    }

    /** Reads the coefficients of a macroblock, and returns whether there are any beside the averages. */
    private boolean coefficients(int x, BoolReader tokens, FrameHeader.Steps steps, boolean small) {
        boolean[] over = above[x];
        boolean some = false;
        int kind = LUMA, first = 0;
        if (!small) {
            int read = block(tokens, AVERAGES, over[8], left[8], 0, steps.average(), 24 * 16);
            over[8] = left[8] = read > 0;
            spreadAverages();
            for (int i = 0; i < 16; i++) some |= coefficients[16 * i] != 0;
            kind = LUMA_REST;
            first = 1;
        }
        for (int i = 0; i < 16; i++) {
            int read = block(tokens, kind, over[i & 3], left[i >> 2], first, steps.luma(), 16 * i);
            over[i & 3] = left[i >> 2] = read > first;
            some |= read > first;
        }
        for (int i = 0; i < 8; i++) {
            int a = 4 + i / 4 * 2 + (i & 1), b = 4 + i / 4 * 2 + (i >> 1 & 1);
            int read = block(tokens, CHROMA, over[a], left[b], 0, steps.chroma(), 16 * (16 + i));
            over[a] = left[b] = read > 0;
            some |= read > 0;
        }
        return some;
    }

    /** Reads the coefficients of a block, and returns the index behind the last one that is not zero. */
    private int block(BoolReader tokens, int kind, boolean above, boolean left, int first, int[] steps, int to) {
        int[] p = header.probabilities();
        int context = (above ? 1 : 0) + (left ? 1 : 0), n = first, at = node(kind, n, context);
        while (n < 16) {
            if (tokens.bit(p[at]) == 0) return n;
            while (tokens.bit(p[at + 1]) == 0) {
                if (++n == 16) return 16;
                at = node(kind, n, 0);
            }
            int value = tokens.bit(p[at + 2]) == 0 ? 1 : large(tokens, p, at);
            coefficients[to + ZIGZAG[n]] = (tokens.flag() ? -value : value) * steps[n > 0 ? 1 : 0];
            at = node(kind, ++n, value == 1 ? 1 : 2);
        }
        return 16;
    }

    private static int node(int kind, int n, int context) {
        return ((kind * Tables.BANDS + BANDS[n]) * Tables.CONTEXTS + context) * Tables.NODES;
    }

    private static int large(BoolReader tokens, int[] p, int at) {
        if (tokens.bit(p[at + 3]) == 0) return tokens.bit(p[at + 4]) == 0 ? 2 : 3 + tokens.bit(p[at + 5]);
        if (tokens.bit(p[at + 6]) == 0) {
            if (tokens.bit(p[at + 7]) == 0) return 5 + tokens.bit(159);
            int high = 2 * tokens.bit(165);
            return 7 + high + tokens.bit(145);
        }
        int high = tokens.bit(p[at + 8]), category = 2 * high + tokens.bit(p[at + 9 + high]), value = 0;
        for (int probability : EXTRA[category]) value = 2 * value + tokens.bit(probability);
        return value + 3 + (8 << category);
    }

    /** Undoes the Walsh-Hadamard transform of the averages (section 14.3): they become the first coefficients of the luma blocks. */
    private void spreadAverages() {
        int from = 24 * 16;
        int[] c = coefficients, t = column;
        for (int i = 0; i < 4; i++) {
            int a = c[from + i] + c[from + 12 + i], b = c[from + 4 + i] + c[from + 8 + i], d = c[from + 4 + i] - c[from + 8 + i],
                    e = c[from + i] - c[from + 12 + i];
            t[i] = a + b;
            t[8 + i] = a - b;
            t[4 + i] = e + d;
            t[12 + i] = e - d;
        }
        for (int i = 0; i < 4; i++) {
            int first = t[4 * i] + 3, a = first + t[4 * i + 3], b = t[4 * i + 1] + t[4 * i + 2], d = t[4 * i + 1] - t[4 * i + 2],
                    e = first - t[4 * i + 3];
            c[64 * i] = a + b >> 3;
            c[64 * i + 16] = e + d >> 3;
            c[64 * i + 32] = a - b >> 3;
            c[64 * i + 48] = e - d >> 3;
        }
    }

    // ---- samples

    private void predict(int x, int y, boolean small, int mode, int chroma) {
        int stride = planes.stride, at = 16 * y * stride + 16 * x;
        if (small) {
            boolean last = x == planes.across - 1;
            int corner = y == 0 ? -1 : at - stride + (last ? 15 : 16);
            for (int i = 0; i < 16; i++) {
                luma.block(16 * x + 4 * (i & 3), 16 * y + 4 * (i >> 2), subModes[i], corner, last);
                add(16 * i, planes.luma, at + 4 * (i >> 2) * stride + 4 * (i & 3), stride);
            }
        } else {
            luma.square(16 * x, 16 * y, 16, mode);
            for (int i = 0; i < 16; i++) add(16 * i, planes.luma, at + 4 * (i >> 2) * stride + 4 * (i & 3), stride);
        }
        blue.square(8 * x, 8 * y, 8, chroma);
        red.square(8 * x, 8 * y, 8, chroma);
        int chromaStride = planes.chromaStride, from = 8 * y * chromaStride + 8 * x;
        for (int i = 0; i < 4; i++) {
            int to = from + 4 * (i >> 1) * chromaStride + 4 * (i & 1);
            add(16 * (16 + i), planes.blue, to, chromaStride);
            add(16 * (20 + i), planes.red, to, chromaStride);
        }
    }

    /** Adds the inverse transform of a block to its prediction (section 14.4). */
    private void add(int block, byte[] plane, int to, int stride) {
        int[] c = coefficients, t = column;
        int or = 0;
        for (int i = 0; i < 16; i++) or |= c[block + i];
        if (or == 0) return;
        for (int i = 0; i < 4; i++) {
            int p = c[block + i], q = c[block + 4 + i], r = c[block + 8 + i], s = c[block + 12 + i];
            int sum = p + r, difference = p - r, a = sine(q) - cosine(s), b = cosine(q) + sine(s);
            t[4 * i] = sum + b;
            t[4 * i + 1] = difference + a;
            t[4 * i + 2] = difference - a;
            t[4 * i + 3] = sum - b;
        }
        for (int i = 0; i < 4; i++, to += stride) {
            int p = t[i] + 4, q = t[4 + i], r = t[8 + i], s = t[12 + i];
            int sum = p + r, difference = p - r, a = sine(q) - cosine(s), b = cosine(q) + sine(s);
            add(plane, to, sum + b);
            add(plane, to + 1, difference + a);
            add(plane, to + 2, difference - a);
            add(plane, to + 3, sum - b);
        }
    }

    private static void add(byte[] plane, int at, int value) { plane[at] = (byte) Math.clamp((plane[at] & 0xFF) + (value >> 3), 0, 255); }

    /** Multiplies by √2 · cos(π/8), in fixed-point numbers of 16 bits. */
    private static int cosine(int value) {
        return (value * 20091 >> 16) + value;
    }

    /** Multiplies by √2 · sin(π/8). */
    private static int sine(int value) {
        return value * 35468 >> 16;
    }

    // ---- edges

    private void smooth() {
        if (header.filter() == 0) return;
        LoopFilter lumaFilter = new LoopFilter(planes.luma), blueFilter = new LoopFilter(planes.blue),
                redFilter = new LoopFilter(planes.red);
        for (int y = 0; y < planes.down; y++) {
            for (int x = 0; x < planes.across; x++) {
                int kind = kinds[y * planes.across + x];
                boolean small = (kind & 2) != 0, inner = (kind & 3) != 0;
                int level = header.filterLevel(kind >> 2, small), sharpest = header.sharpest(level), limit = 2 * level + sharpest;
                if (level == 0) continue;
                int steep = level >= 40 ? 2 : level >= 15 ? 1 : 0;
                for (int vertical = 0; vertical < 2; vertical++) {
                    boolean atBorder = (vertical == 0 ? x : y) == 0;
                    if (!atBorder) edge(lumaFilter, blueFilter, redFilter, x, y, 0, vertical == 1, limit + 4, sharpest, steep);
                    if (inner)
                        for (int i = 4; i < 16; i += 4)
                            edge(lumaFilter, blueFilter, redFilter, x, y, i, vertical == 1, limit, sharpest, steep);
                }
            }
        }
    }

    /** Smooths the edge at column or row {@code offset} of a macroblock. */
    private void edge(LoopFilter lumaFilter, LoopFilter blueFilter, LoopFilter redFilter, int x, int y, int offset, boolean horizontal,
            int limit, int sharpest, int steep) {
        int stride = planes.stride, step = horizontal ? stride : 1, along = horizontal ? 1 : stride;
        int at = 16 * y * stride + 16 * x + offset * step;
        if (header.filter() == 1) {
            lumaFilter.simple(at, step, along, limit);
            return;
        }
        boolean ofMacroblock = offset == 0;
        lumaFilter.normal(at, step, along, 16, limit, sharpest, steep, ofMacroblock);
        if (offset % 8 != 0) return;
        int half = planes.chromaStride, chromaStep = horizontal ? half : 1, chromaAlong = horizontal ? 1 : half;
        int chroma = 8 * y * half + 8 * x + offset / 2 * chromaStep;
        blueFilter.normal(chroma, chromaStep, chromaAlong, 8, limit, sharpest, steep, ofMacroblock);
        redFilter.normal(chroma, chromaStep, chromaAlong, 8, limit, sharpest, steep, ofMacroblock);
    }
}
