package panatorch.datasets;

import java.util.Arrays;
import java.util.List;
import panatorch.DType;

/**
 * One part of every item of a set, and so one tensor {@code [N, shape…]} of every batch.
 *
 * @param shape of one item; items whose length differs have the greatest one here and say by {@link Item#trim} how much they fill
 */
public record Field(String name, DType dtype, List<Long> shape) {
    /** The names that {@link Batch} has methods for. */
    public static final String IMAGES = "images", TOKENS = "tokens", LENGTHS = "lengths", LABELS = "labels";

    public Field {
        shape = List.copyOf(shape);
        for (long n : shape) if (n < 0) throw new IllegalArgumentException("no shape is " + shape);
        long _ = bytes(dtype, shape); // which throws where a long does not hold it
    }

    public static Field of(String name, DType dtype, long... shape) { return new Field(name, dtype, Arrays.stream(shape).boxed().toList()); }

    /** uint8 {@code [channels, height, width]}. */
    public static Field images(long channels, long height, long width) { return of(IMAGES, DType.UINT8, channels, height, width); }

    /** One int64 an item. */
    public static Field labels() { return of(LABELS, DType.INT64); }

    /** The bytes of one item. */
    public long bytes() { return bytes(dtype, shape); }

    private static long bytes(DType dtype, List<Long> shape) { return shape.stream().reduce((long) dtype.bytes(), Math::multiplyExact); }
}
