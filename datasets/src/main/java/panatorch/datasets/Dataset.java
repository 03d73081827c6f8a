package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images of one shape with one label each, read by index straight into the memory of a batch.
 *
 * <p>Some sets hold files or native memory: close a set when no loader uses it any more. Reading from many threads at once is
 * safe. Views ({@link #limit}, {@link #subset}) read from the set they were made of; closing a view closes nothing.
 */
public interface Dataset extends AutoCloseable {
    /** The number of images. */
    int size();

    /** What the labels 0, 1, … stand for. */
    List<String> classNames();

    /** {@code [C, H, W]} of every image. */
    long[] imageShape();

    /** The mean of each channel over the training images, in [0, 1] as {@code pixel / 255}: what normalisation subtracts. */
    double[] mean();

    /** The standard deviation of each channel over the training images, in the unit of {@link #mean}. */
    double[] std();

    /**
     * Copies one image to {@code images} at {@code offset}: uint8 of {@link #imageShape}, last dimension fastest.
     *
     * @return its label
     * @throws IndexOutOfBoundsException if there is no image {@code index}
     */
    int read(int index, MemorySegment images, long offset);

    /** The number of classes. */
    default int classes() { return classNames().size(); }

    /** The bytes of one image: {@code C · H · W}. */
    default int imageBytes() { return (int) Arrays.stream(imageShape()).reduce(1, Math::multiplyExact); }

    /**
     * Copies a batch: the images {@code indices} one after the other as uint8 {@code [N, C, H, W]}, their labels as int64 {@code [N]}.
     *
     * @param images native or heap memory of exactly {@code N · imageBytes()} bytes
     * @param labels memory of exactly {@code 8 · N} bytes, aligned to 8
     */
    default void read(int[] indices, MemorySegment images, MemorySegment labels) {
        int bytes = imageBytes();
        if (images.byteSize() != (long) bytes * indices.length || labels.byteSize() != 8L * indices.length) throw new IllegalArgumentException(
                indices.length + " images of " + bytes + " bytes and their int64 labels do not fill " + images.byteSize() + " and " + labels.byteSize() + " bytes");
        for (int i = 0; i < indices.length; i++) labels.setAtIndex(ValueLayout.JAVA_LONG, i, read(indices[i], images, (long) bytes * i));
    }

    /** The first {@code n} images, or all if there are fewer. */
    default Dataset limit(int n) {
        if (n < 0) throw new IllegalArgumentException("a set cannot be limited to " + n + " images");
        return n >= size() ? this : subset(IntStream.range(0, n).toArray());
    }

    /** The images {@code indices}, in that order. */
    default Dataset subset(int... indices) { return new Subset(this, indices); }

    /** Frees what the set holds. Closing twice is harmless; reading afterwards is an {@link IllegalStateException}. */
    @Override default void close() {}
}
