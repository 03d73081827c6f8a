package panatorch.internal.jit;

import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Obj;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Layout;
import panatorch.MemoryFormat;
import panatorch.NativeObject;
import panatorch.Tensor;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** Converts Java's values to those of a script's types as Python does, and a script's values to Java's. */
final class ScriptValues {
    private ScriptValues() {}

    /** A place in an argument, for error messages: the argument itself, or an element of another place. */
    record Place(@Nullable Place outer, Object name) {
        static Place argument(String what) { return new Place(null, what); }

        Place element(Object key) { return new Place(this, key); }

        @Override public String toString() { return outer == null ? name.toString() : outer + "[" + name + "]"; }
    }

    // ---- from Java

    /**
     * Pushes a value of a type.
     *
     * @throws IllegalArgumentException if {@code value} is not of the type
     */
    static void push(ValueStack stack, ScriptType type, @Nullable Object value, Place place) {
        if (value == null) {
            if (!type.optional()) throw new NullPointerException(place + " is null, but its type is " + type);
            stack.push(null);
            return;
        }
        if (!fits(type, value)) throw misfit(type, value, place);
        switch (type.kind()) {
            case TENSOR -> stack.push("Tensor", value);
            case INT -> stack.push("int", value instanceof Number n ? n.longValue() : value);
            case FLOAT -> stack.push("float", value);
            case COMPLEX -> stack.push("number", value instanceof Complex ? value : new Complex(((Number) value).doubleValue(), 0));
            case NUMBER -> pushNumber(stack, value);
            case STRING -> stack.push(Tag.STRING, string((String) value));
            case BOOL, DEVICE, GENERATOR -> stack.push(value);
            case NONE -> throw misfit(type, value, place);
            case ANY -> pushAny(stack, value, place);
            case LIST -> pushList(stack, type.element(), value, place);
            case TUPLE -> pushTuple(stack, type, value, place);
            case DICT -> pushDict(stack, type, (Map<?, ?>) value, place);
            case OPTIONAL -> push(stack, type.element(), value, place);
            case UNION -> push(stack, type.contained().stream().filter(t -> fits(t, value)).findFirst().orElseThrow(), value, place);
            case OBJECT -> pushObject(stack, type, value, place);
        }
    }

    /** Returns whether a value has the kind of a type. The elements of containers are not looked at. */
    private static boolean fits(ScriptType type, Object value) {
        return switch (type.kind()) {
            case TENSOR -> value instanceof Tensor;
            case INT -> value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte
                    || value instanceof DType || value instanceof Layout || value instanceof MemoryFormat;
            case FLOAT -> value instanceof Number && !(value instanceof Complex);
            case COMPLEX -> value instanceof Number;
            case NUMBER -> value instanceof Number || value instanceof Boolean;
            case STRING -> value instanceof String;
            case BOOL -> value instanceof Boolean;
            case DEVICE -> value instanceof Device;
            case GENERATOR -> value instanceof Generator;
            case NONE -> false;
            case ANY -> true;
            case LIST -> value instanceof List || value.getClass().isArray();
            case TUPLE -> value instanceof List || value instanceof Object[] || value instanceof Map && !type.fields().isEmpty();
            case DICT -> value instanceof Map;
            case OPTIONAL -> fits(type.element(), value);
            case UNION -> type.contained().stream().anyMatch(t -> fits(t, value));
            case OBJECT -> value instanceof NativeObject;
        };
    }

    private static IllegalArgumentException misfit(ScriptType type, Object value, Place place) {
        boolean show = value instanceof Number || value instanceof Boolean || value instanceof String s && s.length() <= 100;
        return new IllegalArgumentException(
                place + " must be " + type + ", not a " + value.getClass().getSimpleName() + (show ? ": " + value : ""));
    }

    private static void pushNumber(ValueStack stack, Object value) {
        if (value instanceof Boolean) stack.push(value);
        else stack.push("number", value);
    }

    /** Returns a string of libtorch's. Those of operators are shared, but a text may be long and occur once. */
    private static long string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0) return NativeLists.of(text);
        try (var pointer = new BytePointer(bytes); var value = new IValue(pointer)) {
            long object = Memory.getLong(value.address());
            References.retain(object);
            return object;
        }
    }

    private static void pushList(ValueStack stack, ScriptType element, Object value, Place place) {
        List<?> list = value instanceof List<?> l ? l : boxed(value);
        long object = NativeLists.generic(element.pointer(), list.size());
        stack.push(Tag.LIST, object);
        int i = 0;
        for (Object v : list) {
            push(stack, element, v, place.element(i++));
            append(stack, object);
        }
    }

    /** Moves the value on top of the stack to the end of a list. */
    private static void append(ValueStack stack, long list) {
        int tag = stack.tag(stack.size() - 1);
        NativeLists.append(list, tag, stack.pop());
    }

    private static List<?> boxed(Object array) {
        return switch (array) {
            case Object[] a -> Arrays.asList(a);
            case long[] a -> Arrays.stream(a).boxed().toList();
            case int[] a -> Arrays.stream(a).boxed().toList();
            case double[] a -> Arrays.stream(a).boxed().toList();
            default -> {
                var list = new ArrayList<>();
                for (int i = 0; i < Array.getLength(array); i++) list.add(Array.get(array, i));
                yield list;
            }
        };
    }

    private static void pushTuple(ValueStack stack, ScriptType type, Object value, Place place) {
        List<ScriptType> types = type.contained();
        List<?> values = value instanceof Map<?, ?> map ? byField(type, map, place) : value instanceof List<?> l ? l : boxed(value);
        if (values.size() != types.size())
            throw new IllegalArgumentException(place + " must have the " + types.size() + " values of " + type + ", not " + values.size());
        try (var vector = new IValueVector(types.size())) {
            for (int i = 0; i < types.size(); i++) {
                push(stack, types.get(i), values.get(i), place.element(type.fields().isEmpty() ? i : type.fields().get(i)));
                int tag = stack.tag(stack.size() - 1);
                DispatcherStack.set(vector.address(), i, tag, stack.pop());
            }
            stack.push(Tuples.TAG, Tuples.of(vector, type.fields().isEmpty() ? null : type.pointer()));
        }
    }

    private static List<@Nullable Object> byField(ScriptType type, Map<?, ?> map, Place place) {
        if (!map.keySet().equals(Set.copyOf(type.fields())))
            throw new IllegalArgumentException(place + " must have the fields " + type.fields() + ", not " + map.keySet());
        var values = new ArrayList<@Nullable Object>();
        for (String field : type.fields()) values.add(map.get(field));
        return values;
    }

    private static void pushDict(ValueStack stack, ScriptType type, Map<?, ?> map, Place place) {
        Dicts.pushEmpty(stack, type);
        int dict = stack.size() - 1;
        for (Map.Entry<?, ?> e : map.entrySet()) {
            References.retain(stack.payload(dict));
            stack.push(Dicts.TAG, stack.payload(dict));
            push(stack, type.element(), e.getKey(), place.element("key " + e.getKey()));
            push(stack, type.contained().get(1), e.getValue(), place.element(String.valueOf(e.getKey())));
            Dicts.put(stack);
        }
    }

    private static void pushObject(ValueStack stack, ScriptType type, Object value, Place place) {
        stack.push(value);
        var fitting = new boolean[1];
        stack.run(values -> {
            IValue top = values.back();
            if (!top.isObject()) return;
            try (Obj object = top.toObject(); var own = object.type()) {
                fitting[0] = own.isSubtypeOf(type.pointer().get());
            }
        });
        if (!fitting[0]) throw new IllegalArgumentException(place + " must be " + type + ", not an object of another class");
    }

    private static void pushAny(ValueStack stack, Object value, Place place) {
        if (value instanceof NativeObject) stack.push(value);
        else push(stack, ScriptType.written(inferred(value, place)), value, place);
    }

    /** Returns the type of a value for a parameter of any type, as schemas write it. */
    private static String inferred(@Nullable Object value, Place place) {
        return switch (value) {
            case Tensor _ -> "Tensor";
            case Boolean _ -> "bool";
            case Complex _ -> "complex";
            case Double _,Float _ -> "float";
            case Number _,DType _,Layout _,MemoryFormat _ -> "int";
            case String _ -> "str";
            case Device _ -> "Device";
            case Generator _ -> "Generator";
            case List<?> list -> inferred(list, place) + "[]";
            case Map<?, ?> map ->
                    "Dict(" + inferred(new ArrayList<>(map.keySet()), place) + ", " + inferred(new ArrayList<>(map.values()), place)
                            + ")";
            case null -> throw new IllegalArgumentException("an element of " + place + " is null, so its type is not known");
            default -> {
                if (value.getClass().isArray()) yield inferred(boxed(value), place) + "[]";
                throw new IllegalArgumentException(
                        "a script has no value that is a " + value.getClass().getSimpleName() + ", as " + place + " is");
            }
        };
    }

    /** Returns the type that all elements of a list have; that of tensors for none. */
    private static String inferred(List<?> list, Place place) {
        List<String> types = list.stream().map(v -> inferred(v, place)).distinct().toList();
        if (types.size() > 1) throw new IllegalArgumentException("the elements of " + place + " have different types: " + types);
        return types.isEmpty() ? "Tensor" : types.getFirst();
    }

    // ---- to Java

    /**
     * Returns value {@code i} of the stack, which keeps it.
     *
     * @param type declared type, which has the names of a named tuple's fields; null if it is unknown
     */
    static @Nullable Object take(ValueStack stack, int i, @Nullable ScriptType type) {
        return read(stack, type, stack.tag(i), stack.payload(i));
    }

    private static @Nullable Object read(ValueStack stack, @Nullable ScriptType type, int tag, long payload) {
        ScriptType plain = type != null && type.kind() == ScriptType.Kind.OPTIONAL ? type.element() : type;
        if (tag == Tag.LIST) return list(stack, inside(plain, ScriptType.Kind.LIST, 0), payload);
        if (tag == Tuples.TAG) return tuple(stack, plain, payload);
        if (tag == Dicts.TAG) return dict(plain, payload);
        return stack.read(tag, payload);
    }

    private static @Nullable ScriptType inside(@Nullable ScriptType type, ScriptType.Kind kind, int i) {
        return type != null && type.kind() == kind && i < type.contained().size() ? type.contained().get(i) : null;
    }

    private static List<@Nullable Object> list(ValueStack stack, @Nullable ScriptType element, long list) {
        var values = new ArrayList<@Nullable Object>();
        for (int i = 0; i < NativeLists.size(list); i++)
            values.add(read(stack, element, NativeLists.tag(list, i), NativeLists.payload(list, i)));
        return values;
    }

    private static Object tuple(ValueStack stack, @Nullable ScriptType type, long tuple) {
        var values = new ArrayList<@Nullable Object>();
        for (int i = 0; i < Tuples.size(tuple); i++) {
            long element = Tuples.element(tuple, i);
            values.add(read(stack, inside(type, ScriptType.Kind.TUPLE, i), DispatcherStack.tagAt(element), Memory.getLong(element)));
        }
        if (type == null || type.fields().size() != values.size()) return Collections.unmodifiableList(values);
        var named = new LinkedHashMap<String, @Nullable Object>();
        for (int i = 0; i < values.size(); i++) named.put(type.fields().get(i), values.get(i));
        return Collections.unmodifiableMap(named);
    }

    private static Map<Object, @Nullable Object> dict(@Nullable ScriptType type, long dict) {
        List<@Nullable Object> keys, values;
        try (var own = ValueStack.open()) {
            References.retain(dict);
            own.push(Dicts.TAG, dict);
            Dicts.keys(own);
            keys = list(own, inside(type, ScriptType.Kind.DICT, 0), own.payload(0));
            References.retain(dict);
            own.push(Dicts.TAG, dict);
            Dicts.values(own);
            values = list(own, inside(type, ScriptType.Kind.DICT, 1), own.payload(1));
        }
        var map = new LinkedHashMap<Object, @Nullable Object>();
        for (int i = 0; i < keys.size(); i++) map.put(Objects.requireNonNull(keys.get(i)), values.get(i));
        return map;
    }
}
