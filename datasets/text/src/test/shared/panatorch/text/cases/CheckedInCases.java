package panatorch.text.cases;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizers and what Python's made of texts with them; {@code tokenizer_cases.py resources/panatorch/text --small} has written them. Tests
 * of several modules compile this source.
 */
public final class CheckedInCases {
    private CheckedInCases() {}

    /** A text, or a pair of texts, and what Python's tokenizers made of it. */
    public record Case(String text, @Nullable String pair, String summary) {}

    /**
     * A tokenizer and its cases.
     *
     * @param json its {@code tokenizer.json}
     */
    public record Kind(String name, byte[] json, List<Case> cases) {
        @Override public String toString() { return name; }
    }

    /** Reads all tokenizers. */
    public static List<Kind> kinds() throws IOException {
        var kinds = new ArrayList<Kind>();
        try (var in = CheckedInCases.class.getResourceAsStream("/panatorch/text/cases.jsonl.gz");
                var lines = new BufferedReader(new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) kinds.add(kind(line));
        }
        return kinds;
    }

    private static Kind kind(String line) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(line)) {
            parser.nextToken();
            String name = parser.nextTextValue(), json = parser.nextTextValue();
            var cases = new ArrayList<Case>();
            while (parser.nextToken() == JsonToken.START_ARRAY) {
                String text = parser.nextTextValue();
                String pair = parser.nextTextValue(); // null for a text alone
                cases.add(new Case(text, pair, parser.nextTextValue()));
                parser.nextToken();
            }
            return new Kind(name, json.getBytes(StandardCharsets.UTF_8), cases);
        }
    }
}
