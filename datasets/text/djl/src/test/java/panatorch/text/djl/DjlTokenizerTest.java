package panatorch.text.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.text.Encoding;
import panatorch.text.Padding;
import panatorch.text.Tokenizer;
import panatorch.text.TokenizerException;
import panatorch.text.TokenizerFile;
import panatorch.text.Tokenizers;
import panatorch.text.Truncation;
import panatorch.text.cases.CheckedInCases;

/** Two independent implementations, Hugging Face's in Rust and ours in Java, on the tokenizers of {@code panatorch.text}'s own test. */
class DjlTokenizerTest {
    private static final List<String> TEXTS = List.of("How are you?", "", "Größe 😀 naïve\tcafé\n12,345.67", "漢字 かな 한국어 العربية हिन्दी",
            "lone \uD83D surrogate", "nul \0 inside", "[CLS] spelt out [MASK]", "word ".repeat(50));

    /** A tokenizer and the texts of its cases. */
    record Kind(String name, byte[] json, List<String> texts) {
        static Kind of(CheckedInCases.Kind kind) {
            var texts = new ArrayList<>(TEXTS);
            kind.cases().forEach(each -> texts.add(each.text()));
            return new Kind(kind.name(), kind.json(), texts);
        }

        @Override public String toString() { return name; }
    }

    @BeforeAll static void nothing_is_sent_to_the_makers_of_the_library() {
        System.setProperty("OPT_OUT_TRACKING", "true");
    }

    static List<Kind> kinds() throws IOException { return CheckedInCases.kinds().stream().map(Kind::of).toList(); }

    private static Kind bert() throws IOException { return kinds().getFirst(); }

    @ParameterizedTest
    @MethodSource("kinds") void texts_and_pairs_give_what_our_own_tokenizer_gives(Kind kind) {
        TokenizerFile file = TokenizerFile.parse(kind.json);
        Tokenizer ours = Tokenizers.parse(kind.json).withTruncation(null), djl = DjlTokenizer.of(file, null, file.padding());
        assertThat(djl.size()).isEqualTo(ours.size());
        for (String text : kind.texts) {
            same(djl.encode(text), ours.encode(text), kind + ": " + text);
            same(djl.encode(text, kind.texts.getFirst()), ours.encode(text, kind.texts.getFirst()), kind + ": pair with " + text);
            int[] ids = ours.encode(text, null, false).ids();
            same(djl.encode(text, null, false), ours.encode(text, null, false), kind + ": no special tokens, " + text);
            // the library's release of tokenizers, 0.21, writes added tokens as the file has them, and 0.23 as they are found in texts
            if (!kind.name.equals("words")) assertThat(djl.decode(ids)).as("%s: %s", kind, text).isEqualTo(ours.decode(ids));
            for (int id : ids) {
                String token = djl.token(id);
                assertThat(token).as("%s: token %d", kind, id).isNotNull();
                assertThat(djl.id(token)).isEqualTo(id);
            }
        }
    }

    private static void same(Encoding actual, Encoding expected, String what) {
        assertThat(described(actual)).as(what).isEqualTo(described(expected));
        assertThat(actual.overflowing()).as(what).hasSameSizeAs(expected.overflowing());
        for (int i = 0; i < actual.overflowing().size(); i++)
            same(actual.overflowing().get(i), expected.overflowing().get(i), what + ", part " + i);
    }

    private static List<Object> described(Encoding encoding) {
        var fields = new ArrayList<Object>();
        fields.add(encoding.tokens());
        for (int[] field : List.of(encoding.ids(), encoding.typeIds(), encoding.attentionMask(), encoding.specialTokensMask(),
                encoding.starts(), encoding.ends(), encoding.words()))
            fields.add(java.util.Arrays.stream(field).boxed().toList());
        return fields;
    }

    @ParameterizedTest
    @EnumSource(Truncation.Strategy.class) void long_texts_are_cut_as_our_own_tokenizer_cuts_them(Truncation.Strategy strategy)
            throws IOException {
        var truncation = new Truncation(12, 0, strategy, false);
        var padding = new Padding(Padding.LONGEST, 8, 0, 0, "[PAD]", true);
        boolean first = strategy == Truncation.Strategy.ONLY_FIRST;
        Tokenizer ours = Tokenizers.parse(bert().json).withTruncation(truncation).withPadding(padding);
        Tokenizer djl = DjlTokenizer.of(TokenizerFile.parse(bert().json)).withTruncation(truncation).withPadding(padding);
        String small = "one", large = "four five six seven eight nine ten eleven twelve thirteen";
        // not the parts cut off: release 0.23 reads no more of a long text than it keeps
        assertThat(described(djl.encode(first ? large : small, first ? small : large)))
                .isEqualTo(described(ours.encode(first ? large : small, first ? small : large)));
    }

    @Test void a_batch_is_filled_up_to_its_longest_text() throws IOException {
        Padding padding = Padding.longest(0, "[PAD]");
        List<String> texts = List.of("How are you?", "Fine.");
        List<Encoding> batch = DjlTokenizer.of(TokenizerFile.parse(bert().json)).withPadding(padding).encodeBatch(texts);
        assertThat(batch).extracting(Encoding::size).containsOnly(batch.getFirst().size());
        assertThat(batch.get(1).attentionMask()).endsWith(0);
    }

    @Test void what_cannot_be_cut_is_refused() throws IOException {
        DjlTokenizer djl = DjlTokenizer.of(TokenizerFile.parse(bert().json));
        Tokenizer second = djl.withTruncation(new Truncation(4, 0, Truncation.Strategy.ONLY_SECOND, false));
        assertThatThrownBy(() -> second.encode("one two three four")).isInstanceOf(IllegalArgumentException.class);
        Tokenizer none = djl.withTruncation(Truncation.to(2));
        assertThat(none.encode("one two three").tokens()).containsExactly("[CLS]", "[SEP]");
        assertThatThrownBy(() -> djl.withTruncation(new Truncation(12, 3, Truncation.Strategy.LONGEST_FIRST, false)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("stride");
        assertThatThrownBy(() -> djl.withTruncation(new Truncation(12, 0, Truncation.Strategy.LONGEST_FIRST, true)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at their end only");
    }

    @Test void what_is_no_tokenizer_is_refused_with_its_name() {
        assertThatThrownBy(() -> DjlTokenizer.load(Path.of("none", "tokenizer.json"))).isInstanceOf(TokenizerException.class)
                .hasMessageContaining("cannot be read");
        byte[] unknown = "{\"model\":{\"type\":\"Foo\",\"vocab\":{\"a\":0}},\"added_tokens\":[]}".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> DjlTokenizer.of(TokenizerFile.parse(unknown))).isInstanceOf(TokenizerException.class)
                .hasMessageContaining("Deep Java Library");
    }

    @Test void many_threads_share_one() throws Exception {
        Kind kind = bert();
        DjlTokenizer djl = DjlTokenizer.of(TokenizerFile.parse(kind.json));
        List<int[]> expected = kind.texts.stream().map(text -> djl.encode(text).ids()).toList();
        try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<java.util.concurrent.Future<List<int[]>>>();
            for (int i = 0; i < 50; i++)
                answers.add(threads.submit(() -> kind.texts.stream().map(text -> djl.encode(text).ids()).toList()));
            for (var answer : answers)
                assertThat(answer.get()).usingRecursiveComparison().isEqualTo(expected);
        }
    }
}
