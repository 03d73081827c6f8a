package panatorch.text;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Python's tokenizers made of texts; {@code tokenizer_cases.py resources/panatorch/text --small} has written it. */
class CheckedInCasesTest {
    /** A text, or a pair of texts, and what Python's tokenizers made of it. */
    record Case(String text, @Nullable String pair, String summary) {}

    /** A tokenizer and its cases. */
    record Kind(String name, String json, List<Case> cases) {
        @Override public String toString() { return name; }
    }

    static List<Kind> kinds() throws IOException {
        var kinds = new ArrayList<Kind>();
        try (var in = CheckedInCasesTest.class.getResourceAsStream("cases.jsonl.gz");
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
            return new Kind(name, json, cases);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds") void ids_offsets_and_texts_are_those_of_python(Kind kind) {
        Tokenizer tokenizer = Tokenizers.parse(kind.json.getBytes(StandardCharsets.UTF_8));
        assertThat(kind.cases).hasSize(3);
        for (Case each : kind.cases)
            assertThat(Summary.of(tokenizer, each.text, each.pair)).as(each.text + " + " + each.pair).isEqualTo(each.summary);
    }
}
