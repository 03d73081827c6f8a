package panatorch.serve.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonParser.NumberType;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.HttpError;

/**
 * The elements of a tensor in JSON: an array of numbers or truth values, flat or nested as the shape, of a type that may be told only after
 * them. The values {@code NaN}, {@code Infinity} and {@code -Infinity} may stand in quotes.
 */
final class Elements {
    /** The integers from which on a double may stand for another one. */
    private static final double EXACT = 1L << 53;

    private long[] integers = new long[64];
    /** The elements from the first one on that is no integer; the integers are not used any more then. */
    private double @Nullable [] floats;
    private int size;
    private boolean booleans, numbers;
    /** The sizes of the arrays by their depth; −1 where none has ended yet. */
    private final List<Integer> sizes = new ArrayList<>();

    private Elements() {}

    /**
     * Reads an array, at whose beginning the parser is.
     *
     * @throws HttpError if it is not one, or its arrays are of different sizes
     */
    static Elements read(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) throw HttpError.badRequest("the data of an input has to be an array");
        var e = new Elements();
        var counts = new ArrayList<Integer>();
        for (JsonToken t = json.currentToken();; t = json.nextToken()) {
            switch (t) {
                case START_ARRAY -> e.begin(counts);
                case END_ARRAY -> {
                    e.end(counts.removeLast(), counts.size());
                    if (counts.isEmpty()) return e;
                }
                default -> {
                    counts.set(counts.size() - 1, counts.getLast() + 1);
                    e.add(json, t);
                }
            }
        }
    }

    private void begin(List<Integer> counts) {
        if (!counts.isEmpty()) counts.set(counts.size() - 1, counts.getLast() + 1);
        counts.add(0);
        if (sizes.size() < counts.size()) sizes.add(-1);
    }

    private void end(int count, int depth) {
        int before = sizes.set(depth, count);
        if (before >= 0 && before != count)
            throw HttpError.badRequest("the data has arrays of " + before + " and of " + count + " elements side by side");
    }

    private void add(JsonParser json, JsonToken t) throws IOException {
        switch (t) {
            case VALUE_NUMBER_INT -> {
                numbers = true;
                if (json.getNumberType() == NumberType.BIG_INTEGER) add(json.getDoubleValue());
                else add(json.getLongValue());
            }
            case VALUE_NUMBER_FLOAT -> {
                numbers = true;
                add(json.getDoubleValue());
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                booleans = true;
                add(t == JsonToken.VALUE_TRUE ? 1L : 0L);
            }
            case VALUE_STRING -> {
                numbers = true;
                add(switch (json.getText()) {
                    case "NaN" -> Double.NaN;
                    case "Infinity" -> Double.POSITIVE_INFINITY;
                    case "-Infinity" -> Double.NEGATIVE_INFINITY;
                    default -> throw HttpError.badRequest("the data has a text; only numbers and truth values are elements of tensors");
                });
            }
            default -> throw HttpError.badRequest("the data has " + json.getText() + " where a number or truth value has to be");
        }
    }

    private void add(long value) {
        if (floats != null) {
            add((double) value);
            return;
        }
        if (size == integers.length) integers = Arrays.copyOf(integers, 2 * size);
        integers[size++] = value;
    }

    private void add(double value) {
        double[] f = floats;
        if (f == null) {
            f = new double[integers.length];
            for (int i = 0; i < size; i++) f[i] = integers[i];
        }
        if (size == f.length) f = Arrays.copyOf(f, 2 * size);
        f[size++] = value;
        floats = f;
    }

    /**
     * Returns the elements as a tensor.
     *
     * @throws HttpError if they are more or fewer than the shape has, nested in another way, or not within the type's range
     */
    Tensor toTensor(Datatype type, long... shape) {
        checkShape(shape);
        if (booleans && (numbers || type != Datatype.BOOL))
            throw HttpError.badRequest("the data has truth values" + (numbers ? " and numbers" : ", but the datatype is " + type));
        int bytes = type.readFrom().dtype.bytes();
        var buffer = MemorySegment.ofArray(new byte[Math.multiplyExact(size, bytes)]);
        for (int i = 0; i < size; i++) put(buffer, i, type);
        Tensor t = type.readFrom().read(buffer, shape);
        return type.readFrom() == type ? t : t.to(type.dtype);
    }

    private void checkShape(long[] shape) {
        long[] nested = sizes.stream().mapToLong(n -> n).toArray();
        boolean flat = nested.length == 1;
        if (flat ? size != Datatype.elements(shape) : !Arrays.equals(nested, shape) && !(size == 0 && Datatype.elements(shape) == 0))
            throw HttpError.badRequest("the data has " + (flat ? size + " elements" : "the shape " + Arrays.toString(nested))
                    + ", but the shape is " + Arrays.toString(shape) + (flat ? ", which has " + Datatype.elements(shape) : ""));
    }

    private void put(MemorySegment to, int i, Datatype type) {
        switch (type) {
            case FP64 -> to.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i, floating(i));
            case FP32, FP16, BF16 -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, (float) floating(i));
            case INT64 -> to.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, integer(i, type, Long.MIN_VALUE, Long.MAX_VALUE));
            case UINT64 -> to.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, integer(i, type, 0, Long.MAX_VALUE));
            case INT32 -> to.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, (int) integer(i, type, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case UINT32 -> to.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, (int) integer(i, type, 0, (1L << 32) - 1));
            case INT16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) integer(i, type, Short.MIN_VALUE, Short.MAX_VALUE));
            case UINT16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) integer(i, type, 0, (1 << 16) - 1));
            case INT8 -> to.set(ValueLayout.JAVA_BYTE, i, (byte) integer(i, type, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> to.set(ValueLayout.JAVA_BYTE, i, (byte) integer(i, type, 0, 255));
            case BOOL -> to.set(ValueLayout.JAVA_BYTE, i, (byte) integer(i, type, 0, 1));
        }
    }

    private double floating(int i) {
        return floats != null ? floats[i] : integers[i];
    }

    private long integer(int i, Datatype type, long min, long max) {
        double[] f = floats;
        if (f != null && !(Math.abs(f[i]) <= EXACT && f[i] == Math.rint(f[i])))
            throw HttpError.badRequest("element " + i + " of the data is " + f[i] + ", which JSON cannot give to a tensor of " + type);
        long value = f != null ? (long) f[i] : integers[i];
        if (value < min || value > max)
            throw HttpError.badRequest("element " + i + " of the data is " + value + ", but " + type + " is from " + min + " to " + max);
        return value;
    }
}
