package panatorch.spark;

import java.math.BigDecimal;
import java.util.Set;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** The elements of a tensor that is being filled from values of rows. */
final class Values {
    private static final Set<DType> INTEGERS = Set.of(DType.UINT8, DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL);

    private final DType dtype;
    private final float[] floats;
    private final double[] doubles;
    private final long[] longs;
    private final long least, greatest;
    private int size;

    /** @throws IllegalArgumentException if the type cannot be filled from numbers, or there are more than an array holds */
    Values(DType dtype, long count) {
        boolean integer = INTEGERS.contains(dtype);
        if (!integer && dtype != DType.FLOAT32 && dtype != DType.FLOAT64 && dtype != DType.FLOAT16 && dtype != DType.BFLOAT16)
            throw new IllegalArgumentException("columns cannot become tensors of " + dtype);
        if (count > Integer.MAX_VALUE - 8)
            throw new IllegalArgumentException(count + " values are too many for one tensor of rows; take fewer rows at once");
        this.dtype = dtype;
        int n = (int) count;
        longs = new long[integer ? n : 0];
        doubles = new double[dtype == DType.FLOAT64 ? n : 0];
        floats = new float[integer || dtype == DType.FLOAT64 ? 0 : n];
        least = dtype == DType.UINT8 || dtype == DType.BOOL ? 0 : integer ? -1L << 8 * dtype.bytes() - 1 : 0;
        greatest = dtype == DType.BOOL ? 1 : dtype == DType.UINT8 ? 255 : ~least;
    }

    DType dtype() { return dtype; }

    /** Appends a number or boolean, and returns whether the type has it. */
    boolean put(Object value) {
        Number number = value instanceof Boolean b ? Integer.valueOf(b ? 1 : 0) : (Number) value;
        if (floats.length > 0) floats[size++] = number.floatValue();
        else
            if (doubles.length > 0) doubles[size++] = number.doubleValue();
            else return putWhole(number);
        return true;
    }

    private boolean putWhole(Number number) {
        long whole = number.longValue();
        boolean fraction = switch (number) {
            case BigDecimal d -> d.compareTo(BigDecimal.valueOf(whole)) != 0;
            case Double d -> d != whole || whole == Long.MAX_VALUE;
            case Float f -> f != whole || whole == Long.MAX_VALUE;
            default -> false;
        };
        if (fraction || whole < least || whole > greatest) return false;
        longs[size++] = whole;
        return true;
    }

    Tensor tensor(long... shape) {
        if (INTEGERS.contains(dtype)) return Torch.tensor(longs, shape).to(dtype);
        return dtype == DType.FLOAT64 ? Torch.tensor(doubles, shape) : Torch.tensor(floats, shape).to(dtype);
    }
}
