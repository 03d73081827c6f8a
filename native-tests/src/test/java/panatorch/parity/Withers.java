package panatorch.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Method;
import java.util.Arrays;

/** Calls those methods of immutable options that JSON names in Python's way: {@code weight_decay} is {@code weightDecay}. */
final class Withers {
    private Withers() {}

    @SuppressWarnings("unchecked") static <O> O apply(O options, JsonNode changes) throws AssertionError {
        Object changed = options;
        for (var e : changes.properties()) {
            if (!e.getKey().equals("lr"))
                changed = call(changed, java.util.regex.Pattern.compile("_(.)").matcher(e.getKey())
                        .replaceAll(m -> m.group(1).toUpperCase(java.util.Locale.ROOT)), e.getValue());
        }
        return (O) changed;
    }

    private static Object call(Object options, String name, JsonNode value) {
        int count = value.isArray() ? value.size() : 1;
        Method wither = Arrays.stream(options.getClass().getMethods())
                .filter(m -> m.getName().equals(name) && m.getParameterCount() == count).findFirst()
                .orElseThrow(() -> new AssertionError(options.getClass() + " has no " + name));
        var arguments = new Object[count];
        for (int i = 0; i < count; i++) arguments[i] = argument(wither.getParameterTypes()[i], value.isArray() ? value.get(i) : value);
        try {
            return wither.invoke(options, arguments);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Object argument(Class<?> type, JsonNode value) {
        if (type == boolean.class) return value.asBoolean();
        if (type == long.class || type == Long.class) return value.asLong();
        if (type == double.class || type == Double.class) return value.asDouble();
        if (type.isEnum())
            return Arrays.stream(type.getEnumConstants()).filter(c -> c.toString().equals(value.asText())).findFirst().orElseThrow();
        return value.asText();
    }
}
