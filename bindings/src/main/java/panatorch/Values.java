package panatorch;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.DoubleComplex;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** Converts Java values to libtorch's {@code IValue}s and back, for arguments and results whose types are known at run time only. */
final class Values {
    private Values() {}

    /** The value that stands for an optional argument that is null. */
    private static final Object NONE = new Object();

    /**
     * Returns the argument in the form that {@link #push} takes, before anything native happens.
     *
     * @param what description of the argument for error messages
     */
    static Object checked(String what, OperatorSchema.Parameter p, @Nullable Object v) {
        if (v == null) {
            if (!p.optional()) throw new NullPointerException(what + " is null");
            return NONE;
        }
        Object fitting = switch (p.plain()) {
            case "Tensor" -> v instanceof Tensor ? v : null;
            case "int", "SymInt" -> switch (v) {
                case Long l -> code(p, l);
                case Integer i -> code(p, i.longValue());
                case DType t -> (long) t.code();
                case Layout l -> (long) l.code();
                case MemoryFormat f -> (long) f.code();
                default -> null;
            };
            case "ScalarType" -> v instanceof DType t ? (Object) (long) t.code() : v instanceof Long ? v : null;
            case "Layout" -> v instanceof Layout l ? (Object) (long) l.code() : v instanceof Long ? v : null;
            case "MemoryFormat" -> v instanceof MemoryFormat f ? (Object) (long) f.code() : v instanceof Long ? v : null;
            case "float" -> v instanceof Number n && !(v instanceof Complex) ? (Object) n.doubleValue() : null;
            case "bool" -> v instanceof Boolean ? v : null;
            case "Scalar", "number" -> v instanceof Number || v instanceof Boolean ? v : null;
            case "str" -> v instanceof String ? v : null;
            case "Device" -> v instanceof Device ? v : null;
            case "Generator" -> v instanceof Generator ? v : null;
            case "int[]", "SymInt[]" ->
                    v instanceof long[] ? v : v instanceof List<?> l && l.stream().allMatch(e -> e instanceof Long || e instanceof Integer)
                            ? l.stream().mapToLong(e -> ((Number) e).longValue()).toArray() : null;
            case "float[]" -> v instanceof double[] ? v : v instanceof List<?> l && l.stream().allMatch(Number.class::isInstance)
                    ? l.stream().mapToDouble(e -> ((Number) e).doubleValue()).toArray() : null;
            case "bool[]" -> v instanceof boolean[] ? v
                    : v instanceof List<?> l && l.stream().allMatch(Boolean.class::isInstance) ? booleans(l) : null;
            case "Tensor[]", "Tensor?[]", "Optional[Tensor][]" -> list(v, Tensor.class);
            case "Scalar[]", "number[]", "Scalar?[]" -> list(v, Number.class);
            case "str[]" -> list(v, String.class);
            case "Any" -> switch (v) {
                case Integer i -> i.longValue();
                case Float f -> f.doubleValue();
                case Tensor t -> t;
                case Number n -> n;
                case Boolean b -> b;
                case String t -> t;
                case Device d -> d;
                case NativeObject o -> o;
                default -> null;
            };
            default -> v instanceof NativeObject ? v : list(v, NativeObject.class);
        };
        if (fitting == null)
            throw new IllegalArgumentException(
                    what + " must be a " + p.type() + ", not a " + (v instanceof List<?> ? "List" : v.getClass().getSimpleName()));
        return fitting;
    }

    /**
     * Checks the code of an element type, a layout or a memory format, which the dispatcher's schemas declare as plain ints. libtorch does
     * not check them: it recurses for ever, or reads past a table.
     */
    private static long code(OperatorSchema.Parameter p, long v) {
        boolean known = switch (p.name()) {
            case "dtype", "out_dtype", "output_dtype", "type1", "type2", "from_" -> DType.isCode(v);
            case "memory_format" -> v >= 0 && v < MemoryFormat.values().length;
            case "layout" -> v >= 0 && v < Layout.values().length;
            default -> true;
        };
        if (!known) throw new IllegalArgumentException("unknown code of " + p.name() + ": " + v);
        return v;
    }

    private static @Nullable List<?> list(Object v, Class<?> element) {
        List<?> list = v instanceof Object[] a ? Arrays.asList(a) : v instanceof List<?> l ? l : null;
        return list != null && list.stream().allMatch(e -> e == null || element.isInstance(e)) ? list : null;
    }

    private static boolean[] booleans(List<?> list) {
        var values = new boolean[list.size()];
        for (int i = 0; i < values.length; i++) values[i] = (Boolean) list.get(i);
        return values;
    }

    /** Pushes an argument that {@link #checked} returned. */
    @SuppressWarnings("unchecked") static void push(Call call, OperatorSchema.Parameter p, Object v) {
        switch (v) {
            case Tensor t -> call.tensor(t);
            case Long l -> call.integer(l);
            case Double d -> call.real(d);
            case Boolean b -> call.bool(b);
            case Number n -> call.scalar(n);
            case String s -> call.string(s);
            case Device d -> call.device(d);
            case Generator g -> call.optionalGenerator(g);
            case NativeObject o -> call.object(o);
            case long[] l -> call.integers(l);
            case double[] d -> call.reals(d);
            case boolean[] b -> call.bools(b);
            case List<?> l -> {
                switch (p.plain()) {
                    case "Tensor[]" -> call.tensors((List<Tensor>) l);
                    case "Tensor?[]", "Optional[Tensor][]" -> call.optionalTensors((List<@Nullable Tensor>) l);
                    case "str[]" -> call.strings((List<String>) l);
                    case "Scalar[]", "number[]" -> call.scalars((List<Number>) l);
                    case "Scalar?[]" -> call.optionalScalars((List<@Nullable Number>) l);
                    default -> call.objects(p.plain(), (List<NativeObject>) l);
                }
            }
            default -> call.none();
        }
    }

    /**
     * Returns result {@code i} of a call: a tensor (null if undefined), list, number, text, device or generator, null for none, or
     * otherwise a {@link NativeObject}.
     */
    static @Nullable Object take(Call call, int i) {
        int tag = call.resultTag(i);
        if (tag == Tag.TENSOR) return call.takeTensor(i);
        if (tag == Tag.LIST) return takeList(call, i);
        if (tag == Tag.BOOL) return call.takeBoolean(i);
        if (tag == Tag.STRING) return call.takeString(i);
        if (tag == Tag.DEVICE) return call.takeDevice(i);
        if (tag == Tag.GENERATOR) return call.takeGenerator(i);
        if (tag == Tag.INT || tag == Tag.UINT || tag == Tag.DOUBLE || tag == Tag.COMPLEX) return call.takeNumber(i);
        return tag == Tag.NONE ? null : call.takeObject(i);
    }

    private static List<?> takeList(Call call, int i) {
        long list = call.stack.payload(i);
        int n = NativeLists.size(list);
        boolean tensors = true;
        for (int k = 0; k < n && tensors; k++) tensors = NativeLists.tag(list, k) == Tag.TENSOR || NativeLists.tag(list, k) == Tag.NONE;
        if (tensors) return call.takeTensors(i);
        var values = new ArrayList<@Nullable Object>();
        for (int k = 0; k < n; k++) values.add(read(call, NativeLists.tag(list, k), NativeLists.payload(list, k)));
        return values;
    }

    /** Returns the Java form of a value that somebody else holds, with a reference of its own. A list is a {@link NativeObject}. */
    static @Nullable Object read(Call call, int tag, long payload) {
        if (tag == Tag.NONE) return null;
        if (tag == Tag.DOUBLE || tag == Tag.COMPLEX || tag == Tag.UINT) return number(tag, payload);
        if (tag == Tag.BOOL) return (payload & 0xff) != 0;
        if (tag == Tag.DEVICE) return Device.ofPayload(payload);
        if (tag == Tag.STRING) return NativeLists.string(payload);
        if (Tag.plain(tag)) return payload;
        if (tag == Tag.TENSOR && References.isUndefinedTensor(payload)) return null;
        References.retain(payload);
        if (tag == Tag.TENSOR) return call.adopt(payload);
        return tag == Tag.GENERATOR ? new Generator(payload) : new NativeObject(tag, payload);
    }

    // ---- numbers

    static int tag(Number v) {
        return v instanceof Complex ? Tag.COMPLEX : v instanceof Double || v instanceof Float ? Tag.DOUBLE
                : v instanceof BigInteger b && b.bitLength() > 63 ? unsigned(b) : Tag.INT;
    }

    private static int unsigned(BigInteger v) {
        if (v.signum() < 0 || v.bitLength() > 64)
            throw new IllegalArgumentException("the number " + v + " has more than 64 bits; pass a double if it may be rounded");
        return Tag.UINT;
    }

    /**
     * Returns the tensor [] that stands for a number where a schema has a tensor. It takes part in type promotion as a number does in
     * Python: {@code wrapped_number}. It belongs to the current scope.
     */
    static Tensor wrapped(Object number) {
        Tensor t = switch (number) {
            case Float f -> NestedArrays.tensor(f.doubleValue());
            case Double d -> NestedArrays.tensor(d);
            case Boolean b -> NestedArrays.tensor(b);
            case Complex c -> NestedArrays.tensor(c);
            default -> NestedArrays.tensor(((Number) number).longValue());
        };
        long impl = t.shareImpl();
        new org.bytedeco.pytorch.TensorImpl(Borrowed.at(impl)).set_wrapped_number(true);
        References.releaseShared(impl);
        return t;
    }

    /** Returns the payload of a number. That of a complex number is a reference, which the caller owns. */
    static long payload(Number v) {
        if (v instanceof Complex c) return complex(c);
        return v instanceof Double || v instanceof Float ? Double.doubleToRawLongBits(v.doubleValue()) : v.longValue();
    }

    private static long complex(Complex c) {
        try (var number = new DoubleComplex(c.real(), c.imaginary()); var scalar = new Scalar(number); var value = new IValue(scalar)) {
            long object = Memory.getLong(value.address());
            References.retain(object);
            return object;
        }
    }

    /**
     * Returns the number of a payload: a {@code Long}, {@code Double} or {@link Complex}, or a {@code BigInteger} of 2⁶³ or more; a boolean
     * is 1 or 0.
     */
    static Number number(int tag, long payload) {
        if (tag == Tag.UINT && payload < 0) return new BigInteger(Long.toUnsignedString(payload));
        if (tag == Tag.DOUBLE) return Double.longBitsToDouble(payload);
        if (tag == Tag.BOOL) return (payload & 0xff) != 0 ? 1L : 0L;
        if (tag == Tag.COMPLEX) return new Complex(Memory.getDouble(payload + 16), Memory.getDouble(payload + 24));
        return payload;
    }
}
