package panatorch.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Operators;
import panatorch.fuzz.TensorPlan.Fill;
import panatorch.fuzz.TensorPlan.Kind;

/**
 * Draws arguments of calls. Completely random ones would be refused by an operator's first check. So most arguments fit together and a few
 * are wrong, and an operator often runs with one thing that it does not expect.
 */
final class HostileArguments {
    private static final DType[] USUAL = {DType.FLOAT32, DType.FLOAT64, DType.INT64},
            TYPES = {DType.FLOAT16, DType.BFLOAT16, DType.COMPLEX64, DType.COMPLEX128, DType.BOOL,
                DType.INT32, DType.INT16, DType.INT8, DType.UINT8, DType.QUINT8, DType.QINT8, DType.FLOAT8_E5M2, DType.FLOAT8_E4M3FN,
                DType.UINT16, DType.COMPLEX32, DType.BITS8, DType.UINT64};
    private static final long[] LARGE =
            {100, 1L << 31, -(1L << 31), Integer.MAX_VALUE, 1L << 40, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE, -100, 65536};
    private static final double[] REALS = {0, 1, 0.5, -1, 2, 1e-5, 0.1},
            ODD_REALS = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e300, -1e300, 1e-300, -0.0, 1e18, 1.5};
    private static final String[] STRINGS =
            {"mean", "sum", "none", "constant", "reflect", "linear", "bilinear", "nearest", "trunc", "floor", "tanh", "same", "valid",
                "i,j->ij", "ij,jk->ik", "fro", "nuc", "L", "N", "reduced", "amax", "prod", "left", "gelu", "relu"},
            ODD_STRINGS = {"", "\0", "é".repeat(300), "a".repeat(10_000), "%s%n", "...", "i->"};

    private final SplittableRandom random;
    /** The shape and type that most of a call's tensors have. */
    private final long[] shape;
    private final DType dtype;
    /** The percentage of arguments that are wrong. */
    private final int oddness;
    private final boolean grad;

    HostileArguments(SplittableRandom random) {
        this.random = random;
        shape = sizes(new int[] {1, 2, 2, 2, 3, 3, 4, 4, 5, 0}[random.nextInt(10)]);
        dtype = one(4, 5) ? USUAL[Math.max(0, random.nextInt(6) - 3)] : TYPES[random.nextInt(TYPES.length)];
        oddness = new int[] {0, 4, 12, 40}[random.nextInt(4)];
        grad = one(1, 3);
    }

    private boolean one(int of, int in) { return random.nextInt(in) < of; }

    private boolean odd() { return random.nextInt(100) < oddness; }

    private <T> List<T> list(Supplier<T> element) {
        int n = odd() ? random.nextInt(9) : 1 + random.nextInt(3);
        var list = new ArrayList<T>();
        for (int i = 0; i < n; i++) list.add(element.get());
        return list;
    }

    /**
     * Draws a value for a parameter: null for none, {@link TensorPlan}s for tensors. A {@link panatorch.Generator} is drawn as its class.
     */
    @Nullable Object of(Operators.Parameter p) {
        String type = p.type();
        if (type.endsWith("?")) {
            if (one(1, 2)) return null;
            type = type.substring(0, type.length() - 1);
        }
        return switch (type) {
            case "Tensor" -> tensor();
            case "Tensor[]" -> list(this::tensor);
            case "Tensor?[]", "Optional[Tensor][]" -> list(() -> one(1, 4) ? null : tensor());
            case "int", "SymInt" ->
                    p.name().contains("dtype") ? (long) type().code() : p.name().contains("layout") || p.name().contains("memory_format")
                            ? (Object) (long) random.nextInt(5) : (Object) integer();
            case "int[]", "SymInt[]" -> one(1, 3) ? shape.clone() : list(this::integer).stream().mapToLong(Long::longValue).toArray();
            case "float" -> real();
            case "float[]" -> list(this::real).stream().mapToDouble(Double::doubleValue).toArray();
            case "bool" -> random.nextBoolean();
            case "bool[]" -> {
                var values = new boolean[odd() ? random.nextInt(6) : 3];
                for (int i = 0; i < values.length; i++) values[i] = random.nextBoolean();
                yield values;
            }
            case "Scalar", "number" -> number();
            case "Scalar[]", "number[]" -> list(this::number);
            case "str" -> string();
            case "str[]" -> list(this::string);
            case "ScalarType" -> type();
            case "Layout", "MemoryFormat" -> (long) random.nextInt(4);
            case "Device" -> odd() ? Device.of(one(1, 2) ? "cuda:0" : "meta") : Device.CPU;
            case "Generator" -> panatorch.Generator.class;
            default -> throw new UnsupportedOperationException(type);
        };
    }

    private DType type() { return odd() ? TYPES[random.nextInt(TYPES.length)] : one(2, 3) ? dtype : USUAL[random.nextInt(3)]; }

    private Number number() { return one(1, 2) ? (Number) integer() : (Number) real(); }

    private long integer() {
        return odd() ? LARGE[random.nextInt(LARGE.length)] : random.nextInt(8) == 0 ? -1 - random.nextInt(3) : random.nextInt(4);
    }

    private double real() { return odd() ? ODD_REALS[random.nextInt(ODD_REALS.length)] : REALS[random.nextInt(REALS.length)]; }

    private String string() { return odd() ? ODD_STRINGS[random.nextInt(ODD_STRINGS.length)] : STRINGS[random.nextInt(STRINGS.length)]; }

    private long[] sizes(int rank) {
        var sizes = new long[rank];
        for (int d = 0; d < rank; d++) sizes[d] = one(1, 12) ? 0 : 1 + random.nextInt(4);
        return sizes;
    }

    private TensorPlan tensor() {
        long[] sizes = one(2, 3) ? shape.clone()
                : one(1, 2) && shape.length > 1 ? java.util.Arrays.copyOf(shape, shape.length - 1) : sizes(random.nextInt(odd() ? 9 : 5));
        if (sizes.length > 0 && one(1, 8)) sizes[random.nextInt(sizes.length)] = random.nextInt(6);
        var kind = odd() ? Kind.values()[random.nextInt(Kind.values().length)] : Kind.PLAIN;
        if (kind == Kind.EXPANDED && sizes.length > 0 && one(1, 10)) sizes[0] = LARGE[4 + random.nextInt(2)];
        var fill = odd() ? Fill.values()[random.nextInt(Fill.values().length)] : Fill.values()[one(1, 4) ? Fill.values().length - 1 : 0];
        return new TensorPlan(one(5, 6) ? dtype : type(), sizes, kind, fill, grad);
    }
}
