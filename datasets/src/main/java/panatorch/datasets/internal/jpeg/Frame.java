package panatorch.datasets.internal.jpeg;

import java.util.List;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;

/** The header of a frame (T.81, B.2.2) and its components. */
record Frame(Size size, boolean progressive, List<Component> components) {
    private static final int SEQUENTIAL = 0xC1, PROGRESSIVE = 0xC2, LOSSLESS = 0xC3, ARITHMETIC = 0xC9, MAX_FACTOR = 4;

    /**
     * The size of an image and of the units of its interleaved scans.
     *
     * @param horizontal the greatest sampling factor across
     * @param vertical the greatest sampling factor down
     */
    record Size(int width, int height, int horizontal, int vertical) {
        int unitsAcross() { return ceil(width, Component.SIDE * horizontal); }

        int unitsDown() { return ceil(height, Component.SIDE * vertical); }
    }

    static int ceil(int a, int b) { return (a + b - 1) / b; }

    /**
     * Reads a frame's header.
     *
     * @param marker the second byte of the marker
     * @param in the segment
     * @param fileLength length of the whole file in bytes, to refuse sizes that it cannot hold
     */
    static Frame read(int marker, ByteReader in, int fileLength) throws ImageFormatException {
        if (marker >= ARITHMETIC) throw ImageFormatException.unsupported("a JPEG with arithmetic coding");
        if (marker == LOSSLESS) throw ImageFormatException.unsupported("a lossless JPEG");
        if (marker > LOSSLESS) throw ImageFormatException.unsupported("a hierarchical JPEG");
        int bits = in.u8(), height = in.u16(), width = in.u16(), count = in.u8();
        if (bits != 8) throw ImageFormatException.unsupported("a JPEG of " + bits + " bits");
        Limits.require(width, height);
        if (count != 1 && count != 3 && count != 4) throw ImageFormatException.unsupported("a JPEG of " + count + " components");
        var fields = new int[count][];
        int horizontal = 1, vertical = 1;
        for (int i = 0; i < count; i++) {
            int id = in.u8(), factors = in.u8();
            fields[i] = new int[] {id, factors >> 4, factors & 15, in.u8() & 3};
            if (fields[i][1] < 1 || fields[i][1] > MAX_FACTOR || fields[i][2] < 1 || fields[i][2] > MAX_FACTOR)
                throw ImageFormatException.damaged("a sampling factor is not between 1 and " + MAX_FACTOR);
            horizontal = Math.max(horizontal, fields[i][1]);
            vertical = Math.max(vertical, fields[i][2]);
        }
        var size = new Size(width, height, horizontal, vertical);
        // A block takes a bit at least.
        if ((long) ceil(width, Component.SIDE) * ceil(height, Component.SIDE) > 8L * fileLength)
            throw Limits.tooShort(width, height, fileLength);
        boolean progressive = marker == PROGRESSIVE;
        var components = new Component[count];
        for (int i = 0; i < count; i++)
            components[i] = new Component(fields[i][0], fields[i][1], fields[i][2], fields[i][3], size, progressive);
        return new Frame(size, progressive, List.of(components));
    }
}
