package panatorch.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A JSON text that is read once from front to back. The methods read one value each and refuse one of another kind by the place in the text
 * where it stands. Members that nobody asks for are skipped, so later versions of a format may add some.
 */
final class JsonReader implements AutoCloseable {
    private static final JsonFactory FACTORY = JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final JsonParser parser;
    private final Function<String, IOException> malformed;
    private final String entry;

    private JsonReader(JsonParser parser, String entry, Function<String, IOException> malformed) {
        this.parser = parser;
        this.entry = entry;
        this.malformed = malformed;
    }

    /** A part of a reader's text that is being read. */
    @FunctionalInterface
    interface Part<T> {
        T read() throws IOException;
    }

    /** Reads the member {@code name} of an object, if it wants to. */
    @FunctionalInterface
    interface Members {
        void read(String name) throws IOException;
    }

    /**
     * Reads a whole text.
     *
     * @param entry name of the text for messages
     * @param malformed makes the exception for a fault
     */
    static <T> T read(byte[] text, String entry, Function<String, IOException> malformed, Function<JsonReader, Part<T>> body)
            throws IOException {
        try (var reader = new JsonReader(FACTORY.createParser(text), entry, malformed)) {
            reader.parser.nextToken();
            T value = body.apply(reader).read();
            if (reader.parser.nextToken() != null) throw reader.fault("the text goes on after its end");
            return value;
        } catch (StreamReadException e) {
            throw malformed.apply(entry + " is not JSON, at line " + e.getLocation().getLineNr() + ", column "
                    + e.getLocation().getColumnNr() + ": " + e.getOriginalMessage());
        }
    }

    /** Returns the exception for a fault at the current place. */
    IOException fault(String what) {
        return malformed.apply(entry + " at " + place() + ": " + what);
    }

    private String place() {
        String pointer = parser.getParsingContext().pathAsPointer().toString();
        return pointer.isEmpty() ? "its beginning" : pointer;
    }

    private IOException unexpected(String wanted) throws IOException {
        JsonToken at = parser.currentToken();
        String found = at == null ? "the end"
                : at.isScalarValue() ? shortened(parser.getText()) : at.isStructStart() ? "a list or object" : "nothing";
        return fault("there should be " + wanted + ", not " + found);
    }

    private static String shortened(String text) { return text.length() <= 40 ? text : text.substring(0, 40) + "…"; }

    /** Reads an object, member by member. */
    void object(Members members) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) throw unexpected("an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            if (parser.currentToken() != JsonToken.FIELD_NAME) throw unexpected("an object's member");
            String name = parser.currentName();
            parser.nextToken();
            members.read(name);
            parser.skipChildren(); // of a member that nobody has read
        }
    }

    /** Reads a list. */
    <T> List<T> list(Part<T> element) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) throw unexpected("a list");
        var list = new ArrayList<T>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() == null) throw unexpected("a list's end");
            list.add(element.read());
        }
        return list;
    }

    /**
     * Reads an object with one member that is not null, whose name tells what its value is.
     *
     * @param kinds returns the reader of a kind, or null if the kind is unknown
     */
    <T> T union(Function<String, @Nullable Part<T>> kinds) throws IOException {
        var values = new ArrayList<T>();
        object(kind -> {
            if (isNull()) return;
            Part<T> part = kinds.apply(kind);
            if (part == null) throw fault("'" + kind + "' is not known to this version");
            values.add(part.read());
        });
        if (values.size() != 1) throw fault("there should be one member, not " + values.size());
        return values.getFirst();
    }

    boolean isObject() { return parser.currentToken() == JsonToken.START_OBJECT; }

    boolean isNumber() { return parser.currentToken() == JsonToken.VALUE_NUMBER_INT; }

    boolean isNull() { return parser.currentToken() == JsonToken.VALUE_NULL; }

    boolean isList() { return parser.currentToken() == JsonToken.START_ARRAY; }

    boolean isText() { return parser.currentToken() == JsonToken.VALUE_STRING; }

    String text() throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) throw unexpected("a text");
        return parser.getText();
    }

    long integer() throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) throw unexpected("an integer");
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) throw fault("the integer has more than 64 bits");
        return parser.getLongValue();
    }

    boolean bool() throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_TRUE && parser.currentToken() != JsonToken.VALUE_FALSE)
            throw unexpected("true or false");
        return parser.getBooleanValue();
    }

    /** Reads a number; Python writes those that JSON does not have as texts. */
    double real() throws IOException {
        if (isText()) {
            return switch (parser.getText()) {
                case "Infinity" -> Double.POSITIVE_INFINITY;
                case "-Infinity" -> Double.NEGATIVE_INFINITY;
                case "NaN" -> Double.NaN;
                default -> throw unexpected("a number");
            };
        }
        if (parser.currentToken() == null || !parser.currentToken().isNumeric()) throw unexpected("a number");
        return parser.getDoubleValue();
    }

    @Override public void close() throws IOException { parser.close(); }
}
