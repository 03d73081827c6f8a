package panatorch.datasets.internal.jpeg;

import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Orientation;
import panatorch.datasets.internal.image.Pixels;

/**
 * Decodes sequential and progressive JPEG files with Huffman coding, of 8 bits: grey, YCbCr, RGB, CMYK and YCCK. The pixels are those that
 * libjpeg-turbo computes with its default settings, bit for bit.
 */
public final class JpegDecoder {
    /** More scans make a file that costs far more time than its length suggests; encoders make about ten. */
    private static final int TABLES = 4, MAX_SCANS = 500;
    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

    private final byte[] file;
    private final ByteReader in;
    private final InverseDct transform = new InverseDct();
    private final int[][] quantization = new int[TABLES][0];
    /** Definitions of Huffman tables, of differences and of coefficients. */
    private final byte[][] differences = new byte[TABLES][], runs = new byte[TABLES][];
    private int restartInterval, scans, adobe = -1;
    private boolean jfif;
    private @Nullable Frame frame;
    private byte @Nullable [] exif, xmp;

    private JpegDecoder(byte[] file) {
        this.file = file;
        in = ByteReader.of(file, ByteOrder.BIG_ENDIAN);
    }

    /** Returns whether a file is a JPEG by its first bytes. */
    public static boolean begins(byte[] file) {
        return ByteReader.matches(file, 0, "\u00ff\u00d8\u00ff");
    }

    /** Decodes a file and turns the image upright. */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        var decoder = new JpegDecoder(file);
        Frame frame = decoder.frame();
        return ColorConversion.convert(frame, ColorSpace.of(frame, decoder.jfif, decoder.adobe))
                .upright(Orientation.of(decoder.exif, decoder.xmp));
    }

    /**
     * Decodes a JPEG stream inside of another format.
     *
     * @param tables a stream that has only tables, or null
     * @param space the meaning of the components
     */
    public static Pixels decode(byte[] stream, byte @Nullable [] tables, ColorSpace space) throws ImageFormatException {
        var decoder = new JpegDecoder(stream);
        if (tables != null) decoder.takeTables(tables);
        Frame frame = decoder.frame();
        int components = frame.components().size();
        ColorSpace fitting = switch (components) {
            case 1 -> ColorSpace.GREY;
            case 4 -> ColorSpace.CMYK;
            default -> space == ColorSpace.RGB ? space : ColorSpace.YCBCR;
        };
        return ColorConversion.convert(frame, fitting);
    }

    private void takeTables(byte[] stream) throws ImageFormatException {
        var other = new JpegDecoder(stream);
        other.segments(true);
        System.arraycopy(other.quantization, 0, quantization, 0, TABLES);
        System.arraycopy(other.differences, 0, differences, 0, TABLES);
        System.arraycopy(other.runs, 0, runs, 0, TABLES);
    }

    private Frame frame() throws ImageFormatException {
        segments(false);
        if (frame == null) throw ImageFormatException.damaged("it has no frame");
        for (Component c : frame.components())
            if (c.steps.length == 0) throw ImageFormatException.damaged("the component " + c.id + " has no scan");
        if (frame.progressive()) for (Component c : frame.components()) transform(c, transform);
        transform.flush();
        return frame;
    }

    /** Reads segments up to the end of the image, or to the last scan that it needs. */
    private void segments(boolean tablesOnly) throws ImageFormatException {
        in.seek(2);
        for (;;) {
            int marker = marker();
            switch (marker) {
                case 0xD9 -> { // the end
                    return;
                }
                case 0xDA -> {
                    if (tablesOnly) return;
                    scan(segment());
                    if (frame != null && !frame.progressive() && frame.components().stream().allMatch(c -> c.steps.length > 0)) return;
                }
                case 0xDB -> quantization(segment());
                case 0xC4 -> huffman(segment());
                case 0xDD -> restartInterval = segment().u16();
                case 0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF -> {
                    if (frame != null) throw ImageFormatException.damaged("it has two frames");
                    frame = Frame.read(marker, segment(), file.length);
                }
                case 0xE0 -> jfif |= segment().length() >= 14 - 2 && startsWith("JFIF\0");
                case 0xE1 -> metadata(segment());
                case 0xEE -> {
                    if (segment().length() >= 12 && startsWith("Adobe")) adobe = file[in.position() - segmentLength + 11] & 0xFF;
                }
                default -> {
                    if (marker > 0xBF && (marker < 0xD0 || marker > 0xD8)) segment();
                }
            }
        }
    }

    /** Skips to the next marker, over whatever stands before it. */
    private int marker() throws ImageFormatException {
        int b = in.u8();
        for (;;) {
            while (b != 0xFF) b = in.u8();
            while (b == 0xFF) b = in.u8();
            if (b != 0) return b;
        }
    }

    private int segmentLength;

    private ByteReader segment() throws ImageFormatException {
        segmentLength = in.u16() - 2;
        if (segmentLength < 0) throw ImageFormatException.damaged("a segment has a negative length");
        int from = in.position();
        in.skip(segmentLength);
        return ByteReader.of(file, from, from + segmentLength, ByteOrder.BIG_ENDIAN);
    }

    private boolean startsWith(String text) { return ByteReader.matches(file, in.position() - segmentLength, text); }

    private void metadata(ByteReader segment) throws ImageFormatException {
        if (startsWith("Exif\0\0")) {
            if (exif == null) exif = segment.bytes(segment.length());
            else { // EXIF longer than a segment goes on in the next
                var longer = new ByteArrayOutputStream();
                longer.writeBytes(exif);
                longer.writeBytes(segment.seek(6).bytes(segment.length() - 6));
                exif = longer.toByteArray();
            }
        } else if (startsWith(XMP)) xmp = segment.bytes(segment.length());
    }

    private void quantization(ByteReader segment) throws ImageFormatException {
        while (segment.remaining() > 0) {
            int head = segment.u8();
            var table = new int[EntropyReader.NATURAL.length];
            for (int i = 0; i < 64; i++) table[i] = head >> 4 == 0 ? segment.u8() : segment.u16();
            quantization[head & 3] = table;
        }
    }

    private void huffman(ByteReader segment) throws ImageFormatException {
        while (segment.remaining() > 16) {
            int head = segment.u8(), from = segment.position(), symbols = 0;
            for (int i = 0; i < 16; i++) symbols += segment.u8();
            if (symbols > 256) throw ImageFormatException.damaged("a Huffman table has more than 256 symbols");
            byte[] definition = segment.seek(from).bytes(16 + symbols);
            ((head & 0x10) != 0 ? runs : differences)[head & 3] = definition;
        }
    }

    private void scan(ByteReader header) throws ImageFormatException {
        Frame f = frame;
        if (f == null) throw ImageFormatException.damaged("a scan comes before the frame");
        if (++scans > MAX_SCANS) throw ImageFormatException.damaged("it has more than " + MAX_SCANS + " scans");
        int count = header.u8();
        List<Component> components = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int id = header.u8(), tables = header.u8();
            Component c = f.components().stream().filter(one -> one.id == id && !components.contains(one)).findFirst()
                    .orElseThrow(() -> ImageFormatException.damaged("a scan has an unknown component"));
            byte[] first = differences[tables >> 4 & 3], rest = runs[tables & 3];
            c.differences = first == null ? HuffmanTable.NONE : HuffmanTable.of(first, false);
            c.runs = rest == null ? HuffmanTable.NONE : HuffmanTable.of(rest, !f.progressive());
            if (c.steps.length == 0) c.steps = quantization[c.quantization];
            if (c.steps.length == 0) throw ImageFormatException.damaged("a quantization table is missing");
            components.add(c);
        }
        if (components.isEmpty()) throw ImageFormatException.damaged("a scan has no components");
        int from = header.u8(), last = header.u8(), bits = header.u8();
        boolean progressive = f.progressive();
        for (Component c : components) {
            boolean needed = progressive ? from == 0 ? bits >> 4 == 0 && c.differences == HuffmanTable.NONE : c.runs == HuffmanTable.NONE
                    : c.differences == HuffmanTable.NONE || c.runs == HuffmanTable.NONE;
            if (needed) throw ImageFormatException.damaged("a Huffman table is missing");
        }
        var bitsIn = new EntropyReader(file, in.position());
        Scan scan = progressive ? new ProgressiveScan(bitsIn, f, components, restartInterval, from, last, bits >> 4, bits & 15)
                : new SequentialScan(bitsIn, f, components, restartInterval, transform);
        scan.decode();
        in.seek(bitsIn.position());
    }

    /** Makes samples of the coefficients of a progressive image. */
    private static void transform(Component c, InverseDct transform) {
        for (int y = 0; y < c.blocksDown; y++) {
            for (int x = 0; x < c.blocksAcross; x++) {
                int from = (y * c.blockStride + x) * 64, at = (y * c.stride + x) * Component.SIDE;
                boolean more = false;
                for (int k = 1; k < 64; k++) {
                    int place = EntropyReader.NATURAL[k], value = c.coefficients[from + place];
                    if (value == 0) continue;
                    transform.set(place, value * c.steps[k]);
                    more = true;
                }
                int first = c.coefficients[from] * c.steps[0];
                if (more) {
                    transform.set(0, first);
                    transform.add(c.samples, at, c.stride);
                } else InverseDct.constant(first, c.samples, at, c.stride);
            }
        }
    }
}
