package panatorch.datasets.internal.webp;

import java.util.ArrayList;
import java.util.List;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;

/**
 * The header of a key frame (RFC 6386, section 9).
 *
 * @param reader reads the modes of the macroblocks, which follow the header
 * @param partitions read the coefficients of the macroblocks' rows in turn
 * @param segmentMap whether each macroblock declares its segment
 * @param filter 0 for no filter, 1 for the simple, 2 for the normal one
 * @param levels filter levels by segment and, in the lowest bit, whether a macroblock is predicted in small blocks
 * @param steps quantizer steps by segment
 * @param probabilities of the coefficients
 * @param skipProbability probability of a macroblock with coefficients, or −1 if all have some
 */
record FrameHeader(int width, int height, BoolReader reader, List<BoolReader> partitions, boolean segmentMap, int[] segmentProbabilities,
        int filter, int sharpness, int[] levels, Steps[] steps, int[] probabilities, int skipProbability) {
    private static final int SEGMENTS = 4, MAX_INDEX = 127, MAX_CHROMA_INDEX = 117, MAX_LEVEL = 63, LENGTH = 10;

    /** Quantizer steps, each of the first coefficient and of the others. */
    record Steps(int[] luma, int[] average, int[] chroma) {}

    /** The segments' own quantizer indices and filter levels, and whether they are added to those of the frame. */
    private static final class Segments {
        private boolean used, mapped, absolute;
        private final int[] indices = new int[SEGMENTS], levels = new int[SEGMENTS], probabilities = {255, 255, 255};

        Segments(BoolReader in) {
            used = in.flag();
            if (!used) return;
            mapped = in.flag();
            if (in.flag()) {
                absolute = in.flag();
                for (int i = 0; i < SEGMENTS; i++) indices[i] = in.optional(7);
                for (int i = 0; i < SEGMENTS; i++) levels[i] = in.optional(6);
            }
            if (mapped) for (int i = 0; i < 3; i++) if (in.flag()) probabilities[i] = in.number(8);
        }

        int value(int[] own, int segment, int ofFrame) { return !used ? ofFrame : absolute ? own[segment] : own[segment] + ofFrame; }
    }

    static FrameHeader read(byte[] file, int from, int end) throws ImageFormatException {
        if (end - from < LENGTH) throw ImageFormatException.truncated();
        int tag = file[from] & 0xFF | (file[from + 1] & 0xFF) << 8 | (file[from + 2] & 0xFF) << 16;
        if ((tag & 1) != 0) throw ImageFormatException.damaged("its picture is no key frame");
        if ((file[from + 3] & 0xFF) != 0x9D || file[from + 4] != 1 || file[from + 5] != 0x2A)
            throw ImageFormatException.damaged("its picture has no start code");
        int width = size(file, from + 6), height = size(file, from + 8), first = from + LENGTH, rest = first + (tag >> 5);
        Limits.require(width, height);
        if (rest > end) throw ImageFormatException.truncated();
        var in = new BoolReader(file, first, rest);
        in.number(2); // colour space and clamping, which change no decoder
        var segments = new Segments(in);
        boolean simple = in.flag();
        int level = in.number(6), sharpness = in.number(3);
        int[] levels = levels(in, segments, level);
        List<BoolReader> partitions = partitions(file, rest, end, 1 << in.number(2));
        Steps[] steps = steps(in, segments);
        in.flag(); // whether later frames keep the probabilities
        var probabilities = Tables.COEFFICIENTS.clone();
        for (int i = 0; i < probabilities.length; i++) if (in.bit(Tables.COEFFICIENT_UPDATES[i]) != 0) probabilities[i] = in.number(8);
        int skip = in.flag() ? in.number(8) : -1;
        in.requireNotEnded();
        return new FrameHeader(width, height, in, partitions, segments.mapped, segments.probabilities, level == 0 ? 0 : simple ? 1 : 2,
                sharpness, levels, steps, probabilities, skip);
    }

    private static int size(byte[] file, int at) { return file[at] & 0xFF | (file[at + 1] & 0x3F) << 8; }

    private static int[] levels(BoolReader in, Segments segments, int level) {
        boolean adjusted = in.flag();
        int ofFrames = 0, ofSmallBlocks = 0;
        if (adjusted && in.flag()) {
            for (int i = 0; i < 8; i++) {
                int change = in.optional(6);
                if (i == 0) ofFrames = change;
                if (i == 4) ofSmallBlocks = change;
            }
        }
        var levels = new int[2 * SEGMENTS];
        for (int i = 0; i < levels.length; i++)
            levels[i] = Math.clamp(segments.value(segments.levels, i / 2, level) + ofFrames + (i % 2) * ofSmallBlocks, 0, MAX_LEVEL);
        return levels;
    }

    private static List<BoolReader> partitions(byte[] file, int from, int end, int count) throws ImageFormatException {
        int at = from + 3 * (count - 1);
        if (at > end) throw ImageFormatException.truncated();
        List<BoolReader> partitions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int size = file.length;
            if (i < count - 1)
                size = file[from + 3 * i] & 0xFF | (file[from + 3 * i + 1] & 0xFF) << 8 | (file[from + 3 * i + 2] & 0xFF) << 16;
            int next = Math.min(end, at + Math.min(size, end - at));
            partitions.add(new BoolReader(file, at, next));
            at = next;
        }
        return partitions;
    }

    private static Steps[] steps(BoolReader in, Segments segments) {
        int base = in.number(7), lumaFirst = in.optional(4), averageFirst = in.optional(4), averageRest = in.optional(4),
                chromaFirst = in.optional(4), chromaRest = in.optional(4);
        var steps = new Steps[SEGMENTS];
        for (int i = 0; i < SEGMENTS; i++) {
            int q = segments.value(segments.indices, i, base);
            steps[i] = new Steps(new int[] {first(q + lumaFirst, MAX_INDEX), rest(q)},
                    new int[] {2 * first(q + averageFirst, MAX_INDEX), Math.max(8, rest(q + averageRest) * 155 / 100)},
                    new int[] {first(q + chromaFirst, MAX_CHROMA_INDEX), rest(q + chromaRest)});
        }
        return steps;
    }

    private static int first(int index, int max) { return Tables.FIRST_STEPS[Math.clamp(index, 0, max)]; }

    private static int rest(int index) { return Tables.OTHER_STEPS[Math.clamp(index, 0, MAX_INDEX)]; }

    /** Returns the filter level of a macroblock. */
    int filterLevel(int segment, boolean small) {
        return levels[2 * segment + (small ? 1 : 0)];
    }

    /** Returns the greatest difference of neighbours that a filter level smooths. */
    int sharpest(int level) {
        int sharpest = level;
        if (sharpness > 0) sharpest = Math.min(level >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
        return Math.max(sharpest, 1);
    }
}
