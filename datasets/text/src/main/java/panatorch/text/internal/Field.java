package panatorch.text.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a JSON document with its path, which all complaints name.
 *
 * @param path names and indices that lead to it, such as {@code model.vocab}
 * @param value a Map, a List, a String, a Number, a Boolean or null
 */
public record Field(String path, @Nullable Object value) {
    private static final int DEEPEST = 50;
    private static final int SHOWN = 40;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build()).build();

    /**
     * Reads a document.
     *
     * @throws MalformedFieldException if it is not JSON, or nested too deeply
     */
    public static Field parse(byte[] json) {
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            Object value = read(parser);
            if (parser.nextToken() != null) throw new MalformedFieldException("there is more after the end of the JSON document");
            return new Field("", value);
        } catch (IOException e) {
            throw new MalformedFieldException("it is not JSON: " + e.getMessage(), e);
        }
    }

    private static @Nullable Object read(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) throw new MalformedFieldException("it is empty");
        return switch (token) {
            case START_OBJECT -> {
                var map = new LinkedHashMap<String, @Nullable Object>();
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    map.put(name, read(parser));
                }
                yield map;
            }
            case START_ARRAY -> {
                var list = new ArrayList<@Nullable Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) list.add(read(parser));
                yield list;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> JsonNumber.parse(parser.getText());
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    /** Returns a complaint about this field. */
    public MalformedFieldException wrong(String expected) {
        return new MalformedFieldException((path.isEmpty() ? "the document" : path) + " is " + shown() + "; " + expected + " was expected");
    }

    /** Returns a complaint about this field whose cause says what is wrong. */
    public MalformedFieldException wrong(IllegalArgumentException cause) {
        return new MalformedFieldException(path + " " + cause.getMessage(), cause);
    }

    private String shown() {
        return switch (value) {
            case null -> "missing or null";
            case Map<?, ?> map -> "an object";
            case List<?> list -> "a list of " + list.size();
            case String s -> "\"" + (s.length() > SHOWN ? s.substring(0, SHOWN) + "…" : s) + "\"";
            default -> value.toString();
        };
    }

    /** Returns a member of this object; its value is null if there is none. */
    public Field get(String name) {
        return new Field(path.isEmpty() ? name : path + "." + name, map().get(name));
    }

    public boolean isNull() { return value == null; }

    public boolean isObject() { return value instanceof Map; }

    public boolean isList() { return value instanceof List; }

    public boolean isString() { return value instanceof String; }

    /** Returns the members of this object. */
    @SuppressWarnings("unchecked") public Map<String, @Nullable Object> map() {
        if (value instanceof Map<?, ?> map) return (Map<String, @Nullable Object>) map;
        throw wrong("an object");
    }

    /** Returns the elements of this list. */
    public List<Field> list() {
        List<?> values = values();
        var fields = new ArrayList<Field>(values.size());
        for (int i = 0; i < values.size(); i++) fields.add(new Field(path + "[" + i + "]", values.get(i)));
        return fields;
    }

    /** Returns the elements of this list without their paths. */
    public List<?> values() {
        if (value instanceof List<?> list) return list;
        throw wrong("a list");
    }

    public String string() {
        if (value instanceof String s) return s;
        throw wrong("a string");
    }

    /** Returns the string, or null if there is none. */
    public @Nullable String stringOrNull() { return value == null ? null : string(); }

    /** Returns the only character of a string. */
    public int character() {
        String s = string();
        if (s.isEmpty() || s.codePointCount(0, s.length()) != 1) throw wrong("one character");
        return s.codePointAt(0);
    }

    public boolean bool() {
        if (value instanceof Boolean b) return b;
        throw wrong("true or false");
    }

    /** Returns the truth value, or another one if there is none. */
    public boolean bool(boolean otherwise) {
        return value == null ? otherwise : bool();
    }

    /** Returns a whole number from 0 on that fits an int. */
    public int integer() {
        if ((value instanceof Integer || value instanceof Long) && ((Number) value).longValue() >= 0
                && ((Number) value).longValue() <= Integer.MAX_VALUE)
            return ((Number) value).intValue();
        throw wrong("a whole number from 0 to " + Integer.MAX_VALUE);
    }

    public double number() {
        if (value instanceof Number n) return n.doubleValue();
        throw wrong("a number");
    }

    /** Returns the constant of an enumeration that has this string as its name. */
    public <E extends Enum<E>> E constant(Class<E> type) {
        String name = string();
        for (E constant : type.getEnumConstants()) if (constant.name().equals(name)) return constant;
        throw wrong("one of " + String.join(", ", java.util.Arrays.stream(type.getEnumConstants()).map(Enum::name).toList()));
    }
}
