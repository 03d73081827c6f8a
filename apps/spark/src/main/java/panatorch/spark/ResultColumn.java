package panatorch.spark;

import java.util.function.IntFunction;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import panatorch.DType;
import panatorch.Tensor;
import scala.collection.immutable.ArraySeq;

/** Turns an output of a model into the values of a column. */
final class ResultColumn {
    private ResultColumn() {}

    static void requireSupported(String column, DataType type) {
        if (!isSupported(type) && !(type instanceof ArrayType a && isSupported(a.elementType())))
            throw new IllegalArgumentException("column '" + column + "' cannot be " + type.sql()
                    + "; outputs become numbers, booleans, or arrays of them");
    }

    private static boolean isSupported(DataType type) {
        return type instanceof FloatType || type instanceof DoubleType || isWhole(type);
    }

    private static boolean isWhole(DataType type) {
        return type instanceof LongType || type instanceof IntegerType || type instanceof ShortType || type instanceof ByteType
                || type instanceof BooleanType;
    }

    /**
     * Returns the values of all rows.
     *
     * @throws IllegalArgumentException if the output has another number of rows, or its type or shape does not fit the column's
     */
    static Object[] values(Tensor output, Predictor.Output column, int rows) {
        DataType type = column.type(), element = type instanceof ArrayType a ? a.elementType() : type;
        long[] shape = output.shape();
        if (shape.length == 0 || shape[0] != rows)
            throw unfit(output, column, "needs a row for each of the " + rows + " rows");
        if (output.dtype().isComplex() || isWhole(element) && !isWhole(output.dtype()))
            throw unfit(output, column, "cannot hold such elements");
        long width = output.numel() / Math.max(rows, 1);
        if (element == type && width != 1) throw unfit(output, column, "takes one element of each row; make it an array");
        IntFunction<Object> values = elements(output.detach().cpu().contiguous(), element);
        var all = new Object[rows];
        for (int r = 0; r < rows; r++) all[r] = element == type ? values.apply(r) : slice(values, r * (int) width, (int) width);
        return all;
    }

    private static boolean isWhole(DType type) { return type.isInteger() || type == DType.BOOL; }

    private static IllegalArgumentException unfit(Tensor output, Predictor.Output column, String problem) {
        return new IllegalArgumentException("the output for column '" + column.name() + "' is " + output.describe() + ", but the column, "
                + column.type().sql() + ", " + problem);
    }

    /** Spark leaves out what would turn a Java array into a sequence if another function reads the rows next. */
    private static ArraySeq<Object> slice(IntFunction<Object> values, int from, int length) {
        var slice = new Object[length];
        for (int i = 0; i < length; i++) slice[i] = values.apply(from + i);
        return ArraySeq.unsafeWrapArray(slice);
    }

    private static IntFunction<Object> elements(Tensor t, DataType type) {
        switch (type) {
            case FloatType _ -> {
                float[] all = t.to(DType.FLOAT32).toFloatArray();
                return i -> all[i];
            }
            case DoubleType _ -> {
                double[] all = t.to(DType.FLOAT64).toDoubleArray();
                return i -> all[i];
            }
            default -> {
                long[] all = t.to(DType.INT64).toLongArray();
                return i -> whole(all[i], type);
            }
        }
    }

    private static Object whole(long value, DataType type) {
        return switch (type) {
            case IntegerType _ -> Math.toIntExact(value);
            case ShortType _ when value == (short) value -> (short) value;
            case ByteType _ when value == (byte) value -> (byte) value;
            case BooleanType _ -> value != 0;
            case LongType _ -> value;
            default -> throw new IllegalArgumentException("the output " + value + " is out of the range of " + type.sql());
        };
    }
}
