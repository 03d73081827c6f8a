package panatorch.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import panatorch.text.cases.CheckedInCases;

class MalformedTokenizerTest {
    private static final String MODEL = "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0,\"[UNK]\":1},\"unk_token\":\"[UNK]\"}";

    private static Tokenizer parse(String json) {
        return Tokenizers.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvFileSource(resources = "malformed-documents.txt", delimiter = '|') void the_exception_names_the_field(
            String json, String message) {
        assertThatThrownBy(() -> parse(json.replace('\'', '"'))).isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith("the tokenizer is not one that can be used: " + message.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvFileSource(resources = "malformed-stages.txt", delimiter = '|') void stages_are_checked_too(
            String stage, String message) {
        assertThatThrownBy(() -> parse(("{" + stage.replace('\'', '"') + "," + MODEL + "}"))).isInstanceOf(TokenizerException.class)
                .hasMessageContaining(message.replace('\'', '"'));
    }

    @Test void what_is_no_json_is_refused_whatever_its_size_and_depth() {
        assertThatThrownBy(() -> parse("{\"model\":")).isInstanceOf(TokenizerException.class).hasMessageContaining("it is not JSON");
        assertThatThrownBy(() -> parse("")).hasMessageContaining("it is empty");
        assertThatThrownBy(() -> parse("{} {}")).hasMessageContaining("more after the end");
        assertThatThrownBy(() -> parse("[".repeat(100_000))).isInstanceOf(TokenizerException.class).hasMessageContaining("it is not JSON");
        assertThatThrownBy(() -> Tokenizers.load(Path.of("missing.json"))).isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith("the tokenizer missing.json cannot be read");
    }

    @Test void huge_ids_take_no_memory() {
        Tokenizer tokenizer = parse("{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":2147483647,\"b\":5},\"unk_token\":\"b\"}}");
        assertThat(tokenizer.encode("a").ids()).containsExactly(Integer.MAX_VALUE);
        assertThat(tokenizer.token(Integer.MAX_VALUE)).isEqualTo("a");
        assertThat(tokenizer.token(5)).isEqualTo("b");
        assertThat(tokenizer.token(6)).isNull();
        assertThat(tokenizer.token(-1)).isNull();
    }

    @Test void a_pattern_that_would_take_forever_is_given_up() {
        Tokenizer tokenizer =
                parse("{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"((a+)+)+b\"},\"behavior\":\"Isolated\","
                        + "\"invert\":false}," + MODEL + "}");
        assertThat(tokenizer.encode("aab").size()).isEqualTo(1);
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(5), () -> assertThatThrownBy(() -> tokenizer.encode("a".repeat(5000)))
                .isInstanceOf(IllegalStateException.class).hasMessageStartingWith("the pattern ((a+)+)+b "));
    }

    @Test void damaged_files_are_refused_or_read_but_never_end_in_another_exception() throws IOException {
        var random = new Random(3);
        var token = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|-?[0-9.]+|true|false|null|[\\[\\]{}:,]");
        String[] values = {"null", "-1", "4294967296", "1e999", "\"\"", "\"x\"", "[]", "{}", "true", "0", "[[", "}"};
        int read = 0, refused = 0;
        for (CheckedInCases.Kind kind : CheckedInCases.kinds()) {
            String json = new String(kind.json(), StandardCharsets.UTF_8);
            var tokens = token.matcher(json).results().toList();
            for (int i = 0; i < 60; i++) {
                var hit = tokens.get(random.nextInt(i % 2 == 0 ? Math.min(150, tokens.size()) : tokens.size()));
                String damaged = json.substring(0, hit.start()) + values[random.nextInt(values.length)] + json.substring(hit.end());
                try {
                    Tokenizer tokenizer = parse(damaged);
                    read++;
                    tokenizer.decode(tokenizer.encode("Hello wörld, <mask> 123 \uD83D\uDE00", "it's").ids());
                } catch (TokenizerException e) {
                    refused++;
                } catch (IllegalStateException | IllegalArgumentException e) {
                    assertThat(e)
                            .hasMessageMatching("(?s)(.*(unknown token|needs too|takes too many|truncation|stride|maxLength|padded).*)");
                }
            }
        }
        assertThat(read).isGreaterThan(100);
        assertThat(refused).isGreaterThan(300);
    }
}
