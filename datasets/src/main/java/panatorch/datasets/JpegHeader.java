package panatorch.datasets;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The fields that are read from the segments before a JPEG's pixels.
 *
 * @param components number of channels, 1, 3 or 4; 0 if there is no frame
 * @param orientation EXIF orientation, from 1 (upright) to 8
 * @param adobe Adobe's colour transform, 2 for YCCK; −1 if there is no such segment
 */
record JpegHeader(int components, int orientation, int adobe) {
    private static final int START_OF_SCAN = 0xDA, EXIF = 0xE1, ADOBE = 0xEE, ORIENTATION = 0x0112;

    static boolean begins(byte[] file) { return file.length > 3 && (file[0] & 0xFF) == 0xFF && (file[1] & 0xFF) == 0xD8; }

    static JpegHeader of(byte[] file) {
        int components = 0, orientation = 1, adobe = -1, at = 2;
        while (at + 4 <= file.length && (file[at] & 0xFF) == 0xFF) {
            int marker = file[at + 1] & 0xFF;
            if (marker == 0xFF) { // a padding byte
                at++;
                continue;
            }
            int length = (file[at + 2] & 0xFF) << 8 | file[at + 3] & 0xFF, body = at + 4, end = at + 2 + length;
            if (marker == START_OF_SCAN || length < 2 || end > file.length) break;
            if (isFrame(marker) && length >= 8) components = file[body + 5] & 0xFF;
            if (marker == EXIF && startsWith(file, body, end, "Exif\0\0"))
                orientation = orientation(ByteBuffer.wrap(file, body + 6, end - body - 6).slice());
            if (marker == ADOBE && length >= 14 && startsWith(file, body, end, "Adobe")) adobe = file[body + 11] & 0xFF;
            at = end;
        }
        return new JpegHeader(components, orientation, adobe);
    }

    /** Returns whether a frame begins: SOF0 to SOF15, without DHT, JPG and DAC, which lie between them. */
    private static boolean isFrame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private static boolean startsWith(byte[] file, int from, int end, String text) {
        if (end - from < text.length()) return false;
        for (int i = 0; i < text.length(); i++) if (file[from + i] != text.charAt(i)) return false;
        return true;
    }

    /** Returns the orientation in the first directory of a TIFF header; 1 if it has none or is damaged. */
    static int orientation(ByteBuffer tiff) {
        if (tiff.remaining() < 8) return 1;
        tiff.order(tiff.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        if (directory < 8 || directory > tiff.limit() - 2) return 1;
        int entries = Short.toUnsignedInt(tiff.getShort(directory));
        for (int i = 0; i < entries && directory + 2 + 12 * (i + 1) <= tiff.limit(); i++) {
            int entry = directory + 2 + 12 * i;
            if (Short.toUnsignedInt(tiff.getShort(entry)) != ORIENTATION) continue;
            int value = tiff.getShort(entry + 8);
            return value >= 1 && value <= 8 ? value : 1;
        }
        return 1;
    }
}
