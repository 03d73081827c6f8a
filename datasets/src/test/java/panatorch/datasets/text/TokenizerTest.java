package panatorch.datasets.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.datasets.DatasetException;

class TokenizerTest {
    private static final Pattern UNICODE = Pattern.compile("\\\\u(....)");

    @TempDir
    Path folder;

    private static String resource(String name) throws IOException {
        try (var in = TokenizerTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private WordPiece wordPiece(boolean uncased) throws IOException {
        Path file = folder.resolve("vocab.txt");
        Files.writeString(file, resource("vocab.txt"));
        return new WordPiece(Vocabulary.read(file), uncased);
    }

    private static String unescaped(String json) {
        String text = json.substring(1, json.length() - 1);
        return UNICODE.matcher(text).replaceAll(m -> {
            char c = (char) Integer.parseInt(m.group(1), 16);
            return c < ' ' ? String.format("\\\\%03o", (int) c) : java.util.regex.Matcher.quoteReplacement(Character.toString(c));
        }).translateEscapes();
    }

    /** The texts and ids of {@code make_wordpiece.py}. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false}) void word_pieces_are_those_of_bert(boolean uncased) throws IOException {
        var tokenizer = wordPiece(uncased);
        for (String line : resource(uncased ? "uncased.tsv" : "cased.tsv").split("\n")) {
            String[] parts = line.split("\t");
            int[] ids = tokenizer.encode(unescaped(parts[0]), 24);
            assertThat(String.join(" ", IntStream.of(ids).mapToObj(Integer::toString).toList())).as(parts[0]).isEqualTo(parts[1]);
        }
    }

    @Test void a_text_that_spells_a_special_token_is_text() throws IOException {
        var tokenizer = wordPiece(true);
        assertThat(tokenizer.encode("[SEP]", 24)).hasSize(7).endsWith(tokenizer.vocabulary().id("[SEP]"));
        assertThatThrownBy(() -> tokenizer.encode("x", 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxLength must be at least 2, for [CLS] and [SEP], but is 1");
    }

    @Test void a_tokenizer_of_a_trained_model_makes_the_ids_of_a_dataset() {
        var bert = panatorch.text.Tokenizers.bert(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "film"), true);
        var tokenizer = new PretrainedTokenizer(bert, bert.id("[PAD]"));
        assertThat(tokenizer.encode("Good film!", 5)).containsExactly(2, 4, 5, 1, 3);
        assertThat(tokenizer.encode("Good film!", 4)).containsExactly(2, 4, 5, 3);
        assertThat(tokenizer.padding()).isZero();
        assertThat(tokenizer.vocabulary().token(5)).isEqualTo("film");
        assertThatThrownBy(() -> tokenizer.encode("x", 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxLength 1 leaves no room for the 2 special tokens of a text");
    }

    @Test void a_vocabulary_without_the_special_tokens_is_refused() {
        assertThatThrownBy(() -> new WordPiece(Vocabulary.of(List.of("a")), true)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the vocabulary of 1 tokens does not have [PAD]");
        assertThatThrownBy(() -> Vocabulary.read(folder.resolve("none"))).isInstanceOf(DatasetException.class)
                .hasMessageContaining("none cannot be read");
    }

    @Test void words_are_numbered_by_how_often_they_come() {
        var tokenizer = WordTokenizer.build(List.of("The cat, the dog.", "the END!", "a Cat's cat"), 1, 7);
        assertThat(IntStream.range(0, 7).mapToObj(tokenizer.vocabulary()::token)).containsExactly("<pad>", "<unk>", "the", "cat", "!", ",",
                ".");
        assertThat(tokenizer.encode("THE dog, the cat!", 10)).containsExactly(2, 1, 5, 2, 3, 4);
        assertThat(tokenizer.encode("THE dog, the cat!", 2)).containsExactly(2, 1);
        assertThat(tokenizer.encode(" \t", 2)).isEmpty();
        assertThat(WordTokenizer.build(List.of("a b b"), 2, 100).vocabulary().size()).isEqualTo(3);
    }

    @Test void a_written_vocabulary_is_read_again() throws IOException {
        var vocabulary = Vocabulary.build(List.of("b", "ä", "b"), List.of("<pad>"), 1, 10);
        vocabulary.write(folder.resolve("v.txt"));
        var again = Vocabulary.read(folder.resolve("v.txt"));
        assertThat(IntStream.range(0, again.size()).mapToObj(again::token)).containsExactly("<pad>", "b", "ä");
        assertThat(again.id("ä")).isEqualTo(2);
    }
}
