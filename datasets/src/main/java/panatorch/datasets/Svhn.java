package panatorch.datasets;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import us.hebi.matlab.mat.format.BufferAllocator;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sources;

/**
 * SVHN (Netzer et al. 2011, "Reading Digits in Natural Images with Unsupervised Feature Learning"), cropped digits: 73,257 training,
 * 26,032 test and 531,131 extra images, RGB, 32×32, of the digits 0 to 9. It reads {@code train_32x32.mat} and its like into the
 * Java heap, 3 KiB an image, which closing a set gives back.
 */
public final class Svhn implements Dataset {
    private static final int SIDE = 32, PLANE = SIDE * SIDE, BYTES = 3 * PLANE;
    /** No stream of deflate's grows by more. */
    private static final long MAX_INFLATION = 1032;
    private static final Schema SCHEMA = Schema.images(3, SIDE, SIDE, ChannelStats.rgb(0.4377, 0.4438, 0.4728, 0.1980, 0.2010, 0.1970),
            IntStream.range(0, 10).mapToObj(Integer::toString).toList());

    private final Path file;
    private final Held<byte[]> images;
    private final byte[] labels;

    private Svhn(Path file) {
        this.file = file;
        if (!Files.isRegularFile(file)) throw new DatasetException("the file " + file + " is missing");
        try (var source = Sources.openFile(file.toFile()); MatFile mat = Mat5.newReader(source).setBufferAllocator(new Bounded(Files.size(file) * MAX_INFLATION)).readMat()) {
            Matrix pixels = mat.getMatrix("X"), digits = mat.getMatrix("y");
            labels = labels(digits);
            images = new Held<>(images(pixels, labels.length));
        } catch (DatasetException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // of a damaged file the library says so in many ways
            throw new DatasetException("the file " + file + " cannot be read as a MATLAB file with X and y: " + e.getMessage(), e);
        }
    }

    /**
     * The training images.
     *
     * @param data the folder that holds {@code train_32x32.mat}, or one with such a folder {@code svhn}
     * @throws DatasetException if the file is missing or damaged
     */
    public static Svhn train(Path data) { return of(data, "train_32x32.mat"); }

    /** The test images; see {@link #train}. */
    public static Svhn test(Path data) { return of(data, "test_32x32.mat"); }

    /** Many more images, easier ones; see {@link #train}. */
    public static Svhn extra(Path data) { return of(data, "extra_32x32.mat"); }

    private static Svhn of(Path data, String name) {
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        Path inner = data.resolve("svhn").resolve(name);
        return new Svhn(Files.exists(inner) ? inner : data.resolve(name));
    }

    private byte[] labels(Matrix digits) {
        var labels = new byte[digits.getNumElements()];
        for (int i = 0; i < labels.length; i++) {
            double digit = digits.getDouble(i);
            if (digit != Math.rint(digit) || digit < 1 || digit > 10) throw new DatasetException("label " + i + " of the file " + file + " is " + digit + "; labels from 1 to 10 were expected");
            labels[i] = (byte) (digit % 10); // the file calls a zero 10
        }
        return labels;
    }

    /** MATLAB's first dimension is its fastest: the file has [row, column, channel, image], and so columns where a batch has rows. */
    private byte[] images(Matrix pixels, int n) {
        int[] shape = pixels.getDimensions();
        if (pixels.getType() != MatlabType.UInt8 || !Arrays.equals(shape, new int[] {SIDE, SIDE, 3, n})) throw new DatasetException(
                "the file " + file + " has X of " + pixels.getType() + " " + Arrays.toString(shape) + " for " + n + " labels; UInt8 [32, 32, 3, " + n + "] was expected");
        var images = new byte[Math.multiplyExact(n, BYTES)];
        for (int plane = 0; plane < images.length; plane += PLANE) {
            for (int p = 0; p < PLANE; p++) images[plane + p % SIDE * SIDE + p / SIDE] = pixels.getByte(plane + p);
        }
        return images;
    }

    @Override public int size() { return labels.length; }

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size());
        MemorySegment.copy(images.get(), index * BYTES, item.field(0), ValueLayout.JAVA_BYTE, 0, BYTES);
        item.set(1, label(index));
    }

    @Override public int label(int index) { return labels[index]; }

    @Override public String name(int index) { return "image " + index + " of " + file; }

    @Override public void close() { images.close(); }

    /** Refuses what no file of this size can hold, which a damaged header may ask for. */
    private record Bounded(long bytes) implements BufferAllocator {
        @Override public ByteBuffer allocate(int size) {
            if (size < 0 || size > bytes) throw new IllegalArgumentException("it claims " + size + " bytes");
            return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
        }

        @Override public void release(ByteBuffer buffer) {}
    }
}
