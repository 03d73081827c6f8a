package panatorch.optim;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Converts option records to the dictionaries of Python's parameter groups: {@code weightDecay} becomes {@code weight_decay}. */
final class OptionsMap {
    private OptionsMap() {}

    static Map<String, @Nullable Object> of(Record options) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        for (RecordComponent c : options.getClass().getRecordComponents()) map.put(key(c), value(options, c));
        return map;
    }

    static boolean has(Record options, String key) {
        for (RecordComponent c : options.getClass().getRecordComponents()) if (key(c).equals(key)) return true;
        return false;
    }

    /**
     * Returns {@code options} with those entries of {@code changes} that they have. The values are checked as an optimiser's options are.
     */
    static Record with(Record options, Map<String, @Nullable Object> changes) {
        RecordComponent[] components = options.getClass().getRecordComponents();
        var types = new Class<?>[components.length];
        var values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            String key = key(components[i]);
            values[i] = changes.containsKey(key) ? converted(key, changes.get(key), types[i]) : value(options, components[i]);
        }
        try {
            return Require.consistent(options.getClass().getConstructor(types).newInstance(values));
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static @Nullable Object converted(String key, @Nullable Object value, Class<?> type) {
        if (value instanceof Tensor t && t.numel() == 1) return converted(key, t.item(), type); // Python allows a learning rate in a tensor
        if (value instanceof Number n) {
            if (type == double.class || type == Double.class) return n.doubleValue();
            if (type == long.class || type == Long.class) return n.longValue();
        }
        if (value instanceof List<?> list && type == List.class)
            return list.stream().map(v -> v instanceof Number n ? (Object) n.doubleValue() : v).toList();
        boolean fits = value == null ? !type.isPrimitive() : type.isInstance(value) || type == boolean.class && value instanceof Boolean;
        if (!fits) throw new IllegalArgumentException(key + " has to be of type " + type.getSimpleName() + ", not " + value);
        return value;
    }

    private static @Nullable Object value(Record options, RecordComponent c) {
        try {
            return c.getAccessor().invoke(options);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String key(RecordComponent c) { return c.getName().replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT); }
}
