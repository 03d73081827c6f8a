package panatorch.serve.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes small JSON documents. */
final class JsonDocument {
    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonDocument() {}

    @FunctionalInterface
    interface Content {
        void write(JsonGenerator to) throws IOException;
    }

    static byte[] of(Content content) {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator to = FACTORY.createGenerator(bytes)) {
            content.write(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Returns an object with one field that is true or false. */
    static byte[] of(String field, boolean value) {
        return of(to -> {
            to.writeStartObject();
            to.writeBooleanField(field, value);
            to.writeEndObject();
        });
    }
}
