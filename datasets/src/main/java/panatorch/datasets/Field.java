package panatorch.datasets;

import java.util.Arrays;
import java.util.List;
import panatorch.DType;

/**
 * A named tensor of every item of a dataset. In a batch of N items it is a tensor {@code [N, shape…]}.
 *
 * @param name its name in a batch, unique in the dataset
 * @param dtype type of its numbers
 * @param shape shape of one item; where items differ in length, the largest: {@link Item#trim} says how much an item fills
 */
public record Field(String name, DType dtype, List<Long> shape) {
    /** The names of the fields for which {@link Batch} has methods. */
    public static final String IMAGES = "images", TOKENS = "tokens", LENGTHS = "lengths", LABELS = "labels";

    public Field {
        shape = List.copyOf(shape);
        for (long n : shape) {
            if (n < 0) throw new IllegalArgumentException("field " + name + " has the shape " + shape + "; sizes must be at least 0");
        }
        long _ = bytes(dtype, shape); // throws if a long cannot hold the bytes of an item
    }

    public static Field of(String name, DType dtype, long... shape) {
        return new Field(name, dtype, Arrays.stream(shape).boxed().toList());
    }

    /** Returns the field {@link #IMAGES}: uint8 {@code [channels, height, width]}. */
    public static Field images(long channels, long height, long width) {
        return of(IMAGES, DType.UINT8, channels, height, width);
    }

    /** Returns the field {@link #LABELS}: one int64 an item. */
    public static Field labels() { return of(LABELS, DType.INT64); }

    /** Returns the number of bytes of one item. */
    public long bytes() { return bytes(dtype, shape); }

    private static long bytes(DType dtype, List<Long> shape) {
        return shape.stream().reduce((long) dtype.bytes(), Math::multiplyExact);
    }
}
