package panatorch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.CustomLibrary;
import panatorch.internal.libtorch.Tag;

/** Operators by name: those of libraries that {@link Aten} does not know, see also {@link OperatorLibrary}, and the {@code out=} variants. */
public final class Operators {
    private Operators() {}

    private static final ConcurrentHashMap<String, Operator> KNOWN = new ConcurrentHashMap<>();

    /**
     * Calls an operator with its arguments, in schema order; the last ones may be left out as far as the schema has defaults for them.
     *
     * @param name with the overload: {@code aten::add.Tensor}
     * @param arguments null for none; {@link Tensor}, {@code Number}, {@code Boolean}, {@code String}, {@link DType},
     *     {@link Layout}, {@link MemoryFormat}, {@link Device}, {@link Generator}, {@link NativeObject}; for lists a
     *     {@code List}, {@code long[]}, {@code double[]} or {@code boolean[]}
     * @return the results in order: {@link Tensor} (null if undefined), {@code List<Tensor>}, {@code Long}, {@code Double},
     *     {@code Boolean}, {@link Complex}, {@code String}, {@link Device}, {@link Generator}, {@code List}s of numbers or texts, or
     *     {@link NativeObject}. Tensors belong to the current scope
     * @throws TorchException if there is no such operator, or it fails
     * @throws IllegalArgumentException if the arguments do not fit its schema
     */
    public static List<@Nullable Object> call(String name, @Nullable Object... arguments) {
        Operator op = find(name);
        var parameters = op.schema().parameters();
        if (arguments.length < op.schema().required() || arguments.length > parameters.size()) throw new IllegalArgumentException(
                op.qualified() + " takes " + parameters.size() + " arguments " + parameters.stream().map(p -> p.type() + " " + p.name()).toList() + ", not " + arguments.length);
        var converted = new ArrayList<Object>();
        for (int i = 0; i < arguments.length; i++) converted.add(checked("argument '" + parameters.get(i).name() + "' of " + op.qualified(), parameters.get(i), arguments[i]));
        Call call = Call.begin(op);
        for (int i = 0; i < parameters.size(); i++) {
            if (i < arguments.length) push(call, parameters.get(i), converted.get(i));
            else call.standard(parameters.get(i));
        }
        call.run();
        var results = new ArrayList<@Nullable Object>();
        for (int i = 0; i < call.resultCount(); i++) results.add(take(call, i));
        call.end();
        return results;
    }

    /**
     * Loads a shared library, after which its operators can be called. It stays loaded until the program ends.
     *
     * <p>Operators that the library defines and that are there already end the program, as they do in Python: libtorch reports them
     * while the system loads the library, where nothing can catch it.
     *
     * @param library made for this libtorch, with {@code TORCH_LIBRARY}, or with libtorch's stable C interface
     * @throws IllegalArgumentException if there is no such file
     * @throws UnsatisfiedLinkError if the file is no library, or one for another libtorch or system, in the system's words
     */
    public static void load(Path library) { CustomLibrary.load(library); }

    /** The operators that libtorch knows now, with their overloads, in the alphabet's order: {@code aten::add.Tensor}. */
    public static List<String> names() { return Operator.allNames().values().stream().flatMap(List::stream).sorted().toList(); }

    /**
     * @param type as the operator's schema writes it: {@code Tensor}, {@code int[]}, {@code Scalar?}
     * @param required whether it may not be left out
     */
    public record Parameter(String name, String type, boolean required) {}

    /**
     * What an operator takes.
     *
     * @throws TorchException if there is no such operator
     */
    public static List<Parameter> parameters(String name) {
        return find(name).schema().parameters().stream().map(p -> new Parameter(p.name(), p.type(), p.standard() == 0)).toList();
    }

    static Operator find(String name) { return KNOWN.computeIfAbsent(name, Operator::new); }

    /** Forgets an operator that libtorch is about to forget. */
    static void forget(String name) { KNOWN.remove(name); }

    private static final Object NONE = new Object();

    /** The argument in the form that {@link #push} takes, before anything native happens. */
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
            case "int[]", "SymInt[]" -> v instanceof long[] ? v : v instanceof List<?> l && l.stream().allMatch(e -> e instanceof Long || e instanceof Integer)
                    ? l.stream().mapToLong(e -> ((Number) e).longValue()).toArray() : null;
            case "float[]" -> v instanceof double[] ? v : v instanceof List<?> l && l.stream().allMatch(Number.class::isInstance)
                    ? l.stream().mapToDouble(e -> ((Number) e).doubleValue()).toArray() : null;
            case "bool[]" -> v instanceof boolean[] ? v : v instanceof List<?> l && l.stream().allMatch(Boolean.class::isInstance) ? booleans(l) : null;
            case "Tensor[]", "Tensor?[]", "Optional[Tensor][]" -> list(v, Tensor.class);
            case "Scalar[]", "number[]" -> list(v, Number.class);
            case "str[]" -> list(v, String.class);
            default -> v instanceof NativeObject ? v : list(v, NativeObject.class);
        };
        if (fitting == null) throw new IllegalArgumentException(what + " is a " + p.type() + ", not a " + v.getClass().getSimpleName());
        return fitting;
    }

    /** The dispatcher's schemas have a plain int for an element type, a layout and a memory format. libtorch does not check them: it recurses for ever, or reads past a table. */
    private static long code(OperatorSchema.Parameter p, long v) {
        boolean known = switch (p.name()) {
            case "dtype", "out_dtype", "output_dtype", "type1", "type2", "from_" -> DType.isCode(v);
            case "memory_format" -> v >= 0 && v < MemoryFormat.values().length;
            case "layout" -> v >= 0 && v < Layout.values().length;
            default -> true;
        };
        if (!known) throw new IllegalArgumentException("no " + p.name() + " has libtorch's code " + v);
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

    @SuppressWarnings("unchecked")
    static void push(Call call, OperatorSchema.Parameter p, Object v) {
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
                    default -> call.objects((List<NativeObject>) l);
                }
            }
            default -> call.none();
        }
    }

    static @Nullable Object take(Call call, int i) {
        int tag = call.resultTag(i);
        if (tag == Tag.TENSOR) return call.takeTensor(i);
        if (tag == Tag.LIST) return call.takeList(i);
        if (tag == Tag.BOOL) return call.takeBoolean(i);
        if (tag == Tag.STRING) return call.takeString(i);
        if (tag == Tag.DEVICE) return call.takeDevice(i);
        if (tag == Tag.GENERATOR) return call.takeGenerator(i);
        if (tag == Tag.INT || tag == Tag.DOUBLE || tag == Tag.COMPLEX) return call.takeNumber(i);
        return tag == Tag.NONE ? null : call.takeObject(i);
    }
}
