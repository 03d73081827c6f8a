package panatorch.datasets.internal.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The orientation that the metadata of an image declares, from 1 (upright) to 8. As in Pillow, EXIF comes first, and XMP counts if EXIF has
 * no such entry.
 */
public final class Orientation {
    /** The number of the entry in an EXIF directory. */
    public static final int TAG = 0x0112;
    private static final int BYTE = 1, SHORT = 3, LONG = 4, SIGNED_BYTE = 6, SIGNED_SHORT = 8, SIGNED_LONG = 9;
    private static final Pattern XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");
    private static final byte[] PREFIX = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);

    private Orientation() {}

    /**
     * Returns the orientation.
     *
     * @param exif a TIFF header with its directory, which "Exif" and two zeros may precede; null if there is none
     * @param xmp XMP metadata; null if there are none
     * @return from 1 to 8; 1 if neither has a valid one
     */
    public static int of(byte @Nullable [] exif, byte @Nullable [] xmp) {
        int found = exif == null ? -1 : inExif(exif);
        if (found < 0 && xmp != null) found = inXmp(xmp);
        return found >= 1 && found <= 8 ? found : 1;
    }

    private static int inXmp(byte[] xmp) {
        var match = XMP.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
        return match.find() ? match.group(1).charAt(0) - '0' : -1;
    }

    /** Returns the entry of the first directory, or −1 if there is none or the directory is damaged. */
    private static int inExif(byte[] exif) {
        int begin = 0;
        while (Arrays.equals(exif, begin, Math.min(begin + PREFIX.length, exif.length), PREFIX, 0, PREFIX.length)) begin += PREFIX.length;
        ByteBuffer tiff = ByteBuffer.wrap(exif, begin, exif.length - begin).slice();
        if (tiff.remaining() < 8) return -1;
        tiff.order(tiff.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        if (directory < 8 || directory > tiff.limit() - 2) return -1;
        int entries = Short.toUnsignedInt(tiff.getShort(directory));
        for (int i = 0; i < entries && directory + 2 + 12 * (i + 1) <= tiff.limit(); i++) {
            int entry = directory + 2 + 12 * i;
            if (Short.toUnsignedInt(tiff.getShort(entry)) != TAG) continue;
            return switch (tiff.getShort(entry + 2)) {
                case BYTE, SIGNED_BYTE -> tiff.get(entry + 8);
                case SHORT, SIGNED_SHORT -> tiff.getShort(entry + 8);
                case LONG, SIGNED_LONG -> tiff.getInt(entry + 8);
                default -> -1;
            };
        }
        return -1;
    }
}
