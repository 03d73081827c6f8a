package panatorch.datasets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import us.hebi.matlab.mat.format.BufferAllocator;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sources;

/**
 * The images and labels of a MATLAB file of {@link Svhn}. Only this class uses the library that reads such files, which is missing in jlink
 * images.
 *
 * @param images uint8 {@code [image, channel, row, column]}
 * @param labels the digit of each image, 0 to 9
 */
record SvhnFile(byte[] images, byte[] labels) {
    private static final int SIDE = Svhn.SIDE, PLANE = SIDE * SIDE, BYTES = 3 * PLANE;
    /** The highest compression ratio of deflate. */
    private static final long MAX_INFLATION = 1032;

    static SvhnFile read(Path file) {
        if (!Files.isRegularFile(file)) throw new DatasetException("the file " + file + " is missing");
        try (var source = Sources.openFile(file.toFile());
                MatFile mat = Mat5.newReader(source).setBufferAllocator(new Bounded(Files.size(file) * MAX_INFLATION)).readMat()) {
            Matrix pixels = mat.getMatrix("X"), digits = mat.getMatrix("y");
            byte[] labels = labels(file, digits);
            return new SvhnFile(images(file, pixels, labels.length), labels);
        } catch (DatasetException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // the library throws many types for a damaged file
            throw new DatasetException("the file " + file + " cannot be read as a MATLAB file with X and y: " + e.getMessage(), e);
        }
    }

    private static byte[] labels(Path file, Matrix digits) {
        var labels = new byte[digits.getNumElements()];
        for (int i = 0; i < labels.length; i++) {
            double digit = digits.getDouble(i);
            if (digit != Math.rint(digit) || digit < 1 || digit > 10)
                throw new DatasetException("label " + i + " of the file " + file + " is " + digit + "; labels from 1 to 10 were expected");
            labels[i] = (byte) (digit % 10); // the file calls a zero 10
        }
        return labels;
    }

    /**
     * Transposes the images to {@code [image, channel, row, column]}. The file has [row, column, channel, image] with the first dimension
     * fastest, and so columns where a batch has rows.
     */
    private static byte[] images(Path file, Matrix pixels, int n) {
        int[] shape = pixels.getDimensions();
        if (pixels.getType() != MatlabType.UInt8 || !Arrays.equals(shape, new int[] {SIDE, SIDE, 3, n}))
            throw new DatasetException(
                    "the file " + file + " has X of " + pixels.getType() + " " + Arrays.toString(shape) + " for " + n
                            + " labels; UInt8 [32, 32, 3, " + n + "] was expected");
        var images = new byte[Math.multiplyExact(n, BYTES)];
        for (int plane = 0; plane < images.length; plane += PLANE) {
            for (int p = 0; p < PLANE; p++) images[plane + p % SIDE * SIDE + p / SIDE] = pixels.getByte(plane + p);
        }
        return images;
    }

    /** Refuses buffers larger than a file of this size can hold, which a damaged header may ask for. */
    private record Bounded(long bytes) implements BufferAllocator {
        @Override public ByteBuffer allocate(int size) {
            if (size < 0 || size > bytes)
                throw new IllegalArgumentException("a header declares " + size + " bytes, more than the file can hold");
            return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
        }

        @Override public void release(ByteBuffer buffer) {}
    }
}
