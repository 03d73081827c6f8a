package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Converts nested Java arrays to tensors, and tensors to nested Java arrays. */
final class NestedArrays {
    /** A kind of element: its types in Java and in libtorch. */
    private enum Kind {
        FLOAT(float.class, Float.class, DType.FLOAT32), DOUBLE(double.class, Double.class, DType.FLOAT64),
        LONG(long.class, Long.class, DType.INT64),
        INT(int.class, Integer.class, DType.INT32), SHORT(short.class, Short.class, DType.INT16), BYTE(byte.class, Byte.class, DType.UINT8),
        BOOLEAN(boolean.class, Boolean.class, DType.BOOL), COMPLEX(Complex.class, Complex.class, DType.COMPLEX128);

        final Class<?> plain, boxed;
        final DType dtype;

        Kind(Class<?> plain, Class<?> boxed, DType dtype) {
            this.plain = plain;
            this.boxed = boxed;
            this.dtype = dtype;
        }

        static Kind of(Class<?> type) {
            for (Kind k : values()) if (k.plain == type || k.boxed == type) return k;
            if (type == Object.class) return FLOAT; // an empty list, which is float32 in PyTorch, too
            throw new IllegalArgumentException(
                    "a tensor cannot hold a " + type.getSimpleName() + "; pass numbers, booleans, or arrays or lists of them");
        }
    }

    private final Kind kind;
    private final long[] shape;

    private NestedArrays(Kind kind, long[] shape) {
        this.kind = kind;
        this.shape = shape;
    }

    // ---- to a tensor

    /** Returns a tensor with a copy of nested arrays; see {@link Torch#tensor(Object)}. */
    static Tensor tensor(Object given) {
        Object values = unlisted(given);
        var sizes = new ArrayList<Long>();
        @Nullable Object first = values;
        Class<?> type = values.getClass();
        while (type.isArray()) {
            int length = first == null ? 0 : Array.getLength(first); // behind an empty array only its class tells of further dimensions
            sizes.add((long) length);
            Class<?> component = type.getComponentType();
            first = length == 0 || component.isPrimitive() ? null : Array.get(first, 0);
            type = first == null ? component : first.getClass();
        }
        var arrays = new NestedArrays(Kind.of(type), sizes.stream().mapToLong(s -> s).toArray());
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            Tensor t = Aten.empty(arrays.shape, arrays.kind.dtype);
            arrays.write(values, JavaMemory.read(t, arena), new int[arrays.shape.length], 0);
            return scope.move(t);
        }
    }

    private static Object unlisted(Object values) {
        return values instanceof List<?> list ? list.stream().map(NestedArrays::unlisted).toArray() : values;
    }

    /** Writes the part of dimension {@code d} at the indices {@code at}. */
    private void write(Object part, MemorySegment to, int[] at, int d) {
        if (d == shape.length) {
            writeOne(part, to, at);
            return;
        }
        int[] here = Arrays.copyOf(at, d);
        if (!part.getClass().isArray())
            throw new IllegalArgumentException(place(here) + " is not an array, but " + place(new int[d]) + " is");
        int length = Array.getLength(part);
        if (length != shape[d])
            throw new IllegalArgumentException("the array is ragged: " + place(here) + " has length " + length + ", and "
                    + place(new int[d]) + " has length " + shape[d]);
        if (part.getClass().getComponentType().isPrimitive()) {
            if (d < shape.length - 1 || part.getClass().getComponentType() != kind.plain)
                throw new IllegalArgumentException(
                        place(here) + " is a " + part.getClass().getSimpleName() + ", but " + place(new int[d]) + " is not");
            writeAll(part, to.asSlice(offset(at, d)));
            return;
        }
        for (int i = 0; i < length; i++) {
            at[d] = i;
            Object inner = Array.get(part, i);
            if (inner == null) throw new NullPointerException(place(Arrays.copyOf(at, d + 1)) + " is null");
            write(inner, to, at, d + 1);
        }
        at[d] = 0;
    }

    private long offset(int[] at, int dims) {
        long element = 0;
        for (int d = 0; d < shape.length; d++) element = element * shape[d] + (d < dims ? at[d] : 0);
        return element * kind.dtype.bytes();
    }

    private void writeAll(Object array, MemorySegment to) {
        switch (array) {
            case float[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_FLOAT, 0, a.length);
            case double[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_DOUBLE, 0, a.length);
            case long[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_LONG, 0, a.length);
            case int[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_INT, 0, a.length);
            case short[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_SHORT, 0, a.length);
            case byte[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_BYTE, 0, a.length);
            case boolean[] a -> {
                for (int i = 0; i < a.length; i++) to.set(ValueLayout.JAVA_BOOLEAN, i, a[i]);
            }
            default -> throw new AssertionError(array.getClass());
        }
    }

    private void writeOne(Object value, MemorySegment to, int[] at) {
        if (value.getClass() != kind.boxed)
            throw new IllegalArgumentException(
                    place(at) + " is a " + value.getClass().getSimpleName() + ", but " + place(new int[shape.length]) + " is a "
                            + kind.boxed.getSimpleName());
        long offset = offset(at, at.length);
        switch (value) {
            case Float v -> to.set(ValueLayout.JAVA_FLOAT, offset, v);
            case Double v -> to.set(ValueLayout.JAVA_DOUBLE, offset, v);
            case Long v -> to.set(ValueLayout.JAVA_LONG, offset, v);
            case Integer v -> to.set(ValueLayout.JAVA_INT, offset, v);
            case Short v -> to.set(ValueLayout.JAVA_SHORT, offset, v);
            case Byte v -> to.set(ValueLayout.JAVA_BYTE, offset, v);
            case Boolean v -> to.set(ValueLayout.JAVA_BOOLEAN, offset, v);
            case Complex v -> {
                to.set(ValueLayout.JAVA_DOUBLE, offset, v.real());
                to.set(ValueLayout.JAVA_DOUBLE, offset + 8, v.imaginary());
            }
            default -> throw new AssertionError(value.getClass());
        }
    }

    private static String place(int[] at) {
        var text = new StringBuilder("values");
        for (int i : at) text.append('[').append(i).append(']');
        return text.toString();
    }

    // ---- to Java

    /** Returns the elements of a tensor as nested arrays; see {@link Tensor#toArray}. */
    static Object array(Tensor t) {
        Object flat = switch (t.dtype()) {
            case FLOAT64 -> t.toDoubleArray();
            case INT64 -> t.toLongArray();
            case INT32 -> t.toIntArray();
            case INT16 -> t.toShortArray();
            case UINT8, INT8 -> t.toByteArray(); // int8 to uint8 keeps the bits
            case UINT16 -> t.toIntArray();
            case UINT32 -> t.toLongArray();
            case BOOL -> t.toBooleanArray();
            case FLOAT32, FLOAT16, BFLOAT16 -> t.toFloatArray();
            default -> throw new IllegalArgumentException("Java has no type for " + t.dtype() + "; convert the tensor with to() first");
        };
        long[] shape = t.shape();
        if (shape.length == 0) return Array.get(flat, 0);
        if (shape.length == 1) return flat;
        Object all = Array.newInstance(flat.getClass().getComponentType(), Arrays.stream(shape).mapToInt(Math::toIntExact).toArray());
        split(flat, 0, all, shape, 0);
        return all;
    }

    /** Fills the rows of {@code into} with the elements from {@code at} on, and returns the index of the next one. */
    private static int split(Object flat, int at, Object into, long[] shape, int d) {
        if (d == shape.length - 1) {
            System.arraycopy(flat, at, into, 0, (int) shape[d]);
            return at + (int) shape[d];
        }
        int next = at;
        for (Object row : (Object[]) into) next = split(flat, next, row, shape, d + 1);
        return next;
    }
}
