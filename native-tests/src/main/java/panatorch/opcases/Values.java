package panatorch.opcases;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.MemoryFormat;

/** Decodes the values of a case, JSON objects with one key that names their kind, into Java's. */
public final class Values {
    private Values() {}

    /** Returns a value as {@link panatorch.Operators#call} takes it; {@code {"tensor": i}} is element i of {@code tensors}. */
    public static @Nullable Object decode(JsonNode value, List<?> tensors) {
        String kind = value.fieldNames().next();
        JsonNode v = value.get(kind);
        return switch (kind) {
            case "none" -> null;
            case "tensor" -> tensors.get(v.asInt());
            case "int" -> v.asLong();
            case "bool" -> v.asBoolean();
            case "float" -> real(v);
            case "str" -> v.asText();
            case "dtype" -> DType.valueOf(v.asText().toUpperCase(Locale.ROOT));
            case "device" -> Device.of(v.asText());
            case "layout" -> Layout.valueOf(v.asText().toUpperCase(Locale.ROOT));
            case "memory_format" -> MemoryFormat.valueOf(v.asText().toUpperCase(Locale.ROOT).replace("_FORMAT", ""));
            case "list" -> {
                var list = new ArrayList<@Nullable Object>();
                for (JsonNode element : v) list.add(decode(element, tensors));
                yield list;
            }
            default -> throw new IllegalArgumentException("unknown kind of value: " + value);
        };
    }

    /** Returns a number. JSON has no infinity and no NaN: those are strings. */
    private static double real(JsonNode v) {
        return switch (v.asText()) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> v.doubleValue();
        };
    }

    /** Converts a decoded value to the type of a parameter of the typed method. */
    public static @Nullable Object fit(@Nullable Object v, Class<?> parameter) {
        return switch (v) {
            case null -> null;
            // Where PyTorch takes a truth value for a number, Java has only numbers.
            case Boolean b when parameter == Number.class -> b ? 1L : 0L;
            case Number n when parameter == double.class || parameter == Double.class -> n.doubleValue();
            // Two schemas have a bare number as the default of a type.
            case Long code when parameter == DType.class -> DType.ofCode(code.intValue());
            case List<?> list when parameter == long[].class -> list.stream().mapToLong(e -> (Long) e).toArray();
            case List<?> list when parameter == double[].class -> list.stream().mapToDouble(e -> ((Number) e).doubleValue()).toArray();
            case List<?> list when parameter == boolean[].class -> booleans(list);
            default -> v;
        };
    }

    private static boolean[] booleans(List<?> list) {
        var values = new boolean[list.size()];
        for (int i = 0; i < values.length; i++) values[i] = (Boolean) list.get(i);
        return values;
    }
}
