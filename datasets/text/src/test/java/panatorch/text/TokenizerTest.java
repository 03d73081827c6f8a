package panatorch.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import panatorch.text.cases.CheckedInCases;

class TokenizerTest {
    private static final List<String> VOCABULARY = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "how", "are", "you", "?", "un", "##believ",
            "##able");
    private static final Tokenizer BERT = Tokenizers.bert(VOCABULARY, true);

    static Tokenizer kind(String name) {
        try {
            return CheckedInCases.kinds().stream().filter(kind -> kind.name().equals(name)).findFirst()
                    .map(kind -> Tokenizers.parse(kind.json())).orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test void a_text_becomes_tokens_with_their_places() {
        Encoding encoding = BERT.encode("How are yóu? Unbelievable!");
        assertThat(encoding.tokens()).containsExactly("[CLS]", "how", "are", "you", "?", "un", "##believ", "##able", "[UNK]", "[SEP]");
        assertThat(encoding.ids()).containsExactly(2, 4, 5, 6, 7, 8, 9, 10, 1, 3);
        assertThat(encoding.starts()).containsExactly(0, 0, 4, 8, 11, 13, 15, 21, 25, 0);
        assertThat(encoding.ends()).containsExactly(0, 3, 7, 11, 12, 15, 21, 25, 26, 0);
        assertThat(encoding.words()).containsExactly(-1, 0, 1, 2, 3, 4, 4, 4, 5, -1);
        assertThat(encoding.attentionMask()).containsOnly(1);
        assertThat(encoding.specialTokensMask()).containsExactly(1, 0, 0, 0, 0, 0, 0, 0, 0, 1);
        assertThat(BERT.decode(encoding.ids())).isEqualTo("[CLS] how are you? unbelievable [UNK] [SEP]");
    }

    @Test void a_pair_has_types() {
        Encoding encoding = BERT.encode("how", "are you");
        assertThat(encoding.ids()).containsExactly(2, 4, 3, 5, 6, 3);
        assertThat(encoding.typeIds()).containsExactly(0, 0, 0, 1, 1, 1);
        assertThat(BERT.encode("how", "are you", false).ids()).containsExactly(4, 5, 6);
    }

    @Test void places_count_code_points_and_are_found_in_the_text() {
        String text = "\uD83D\uDE00 how\uD83D\uDE00are";
        Encoding encoding = BERT.encode(text);
        assertThat(encoding.starts()).containsExactly(0, 0, 2, 0);
        assertThat(encoding.substring(text, 1)).isEqualTo("\uD83D\uDE00");
        assertThat(encoding.substring(text, 2)).isEqualTo("how\uD83D\uDE00are");
    }

    @Test void a_lone_surrogate_is_a_replacement_character() {
        Tokenizer bytes = kind("gpt2");
        assertThat(bytes.encode("a\uD83Db\uDE00").ids()).isEqualTo(bytes.encode("a\uFFFDb\uFFFD").ids());
        assertThat(bytes.decode(bytes.encode("\uDE00").ids())).isEqualTo("\uFFFD");
    }

    @Test void batches_are_padded_to_the_longest() {
        Tokenizer tokenizer = BERT.withPadding(Padding.longest(0, "[PAD]"));
        List<Encoding> batch = tokenizer.encodeBatch(List.of("how", "how are you", ""));
        assertThat(batch).extracting(Encoding::size).containsOnly(5);
        assertThat(batch.get(0).ids()).containsExactly(2, 4, 3, 0, 0);
        assertThat(batch.get(0).attentionMask()).containsExactly(1, 1, 1, 0, 0);
        assertThat(batch.get(0).specialTokensMask()).containsExactly(1, 0, 1, 1, 1);
        assertThat(batch.get(2).tokens()).containsExactly("[CLS]", "[SEP]", "[PAD]", "[PAD]", "[PAD]");
        assertThat(tokenizer.encodeBatch(List.of())).isEmpty();
        assertThat(BERT.withPadding(new Padding(6, 4, 0, 0, "[PAD]", true)).encode("how").ids()).containsExactly(0, 0, 0, 0, 0, 2, 4, 3);
        assertThat(tokenizer.encodeBatch(List.of("how", "you"), List.of("are", "how are")).get(0).ids()).containsExactly(2, 4, 3, 5, 3, 0);
        assertThatThrownBy(() -> BERT.encodeBatch(List.of("how"), List.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there are 1 first texts, but 0 second ones");
    }

    @Test void long_texts_are_cut_and_what_is_cut_off_is_kept() {
        Tokenizer tokenizer = BERT.withTruncation(new Truncation(4, 1, Truncation.Strategy.LONGEST_FIRST, false));
        Encoding encoding = tokenizer.encode("how unbelievable");
        assertThat(encoding.tokens()).containsExactly("[CLS]", "how", "un", "[SEP]");
        assertThat(encoding.overflowing()).extracting(Encoding::tokens).containsExactly(List.of("[CLS]", "un", "##believ", "[SEP]"),
                List.of("[CLS]", "##believ", "##able", "[SEP]"));
        var overlapping = BERT.withTruncation(new Truncation(6, 1, Truncation.Strategy.LONGEST_FIRST, false));
        assertThat(overlapping.encode("how", "are you ?").ids()).as("a text as short as the stride is not cut").containsExactly(2, 4, 3, 5,
                6, 3);
        assertThat(BERT.withTruncation(Truncation.to(5)).encode("how are you", "you ?").ids()).containsExactly(2, 4, 3, 6, 3);
        assertThat(BERT.withTruncation(new Truncation(3, 0, Truncation.Strategy.LONGEST_FIRST, true)).encode("how are").ids())
                .containsExactly(2, 5, 3);
    }

    @Test void truncation_that_cannot_work_says_so() {
        assertThatThrownBy(() -> BERT.withTruncation(Truncation.to(1))).hasMessage(
                "maxLength 1 leaves no room for the 2 special tokens of a text");
        assertThatThrownBy(() -> BERT.withTruncation(Truncation.to(2)).encode("how", "are")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxLength 2 of the truncation leaves no room for 3 special tokens");
        var second = BERT.withTruncation(new Truncation(4, 0, Truncation.Strategy.ONLY_SECOND, false));
        assertThatThrownBy(() -> second.encode("how are you")).hasMessageContaining("cuts second texts only, but there is none");
        assertThatThrownBy(() -> second.encode("how are you", "how")).hasMessageContaining("has 1 tokens, but 3 would have to be cut off");
        assertThatThrownBy(() -> new Truncation(3, 3, Truncation.Strategy.ONLY_FIRST, false))
                .hasMessage("stride must be from 0 to below maxLength 3, but is 3");
        assertThatThrownBy(() -> new Padding(-2, 1, 0, 0, "", false)).hasMessageStartingWith("length must be from 0");
        assertThatThrownBy(() -> new Padding(Integer.MAX_VALUE, 1, 0, 0, "", false)).hasMessageStartingWith("length must be from 0");
        var overlapping = kind("gpt2").withTruncation(new Truncation(512, 511, Truncation.Strategy.LONGEST_FIRST, false));
        assertThatThrownBy(() -> overlapping.encode("x".repeat(100_000))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pass shorter texts or a smaller stride");
        var pairs = kind("gpt2").withTruncation(Truncation.to(100));
        assertThatThrownBy(() -> pairs.encode("x".repeat(100_000), "x".repeat(100_000))).hasMessageContaining("pairs of parts");
    }

    @Test void ids_and_tokens_are_looked_up() {
        assertThat(BERT.size()).isEqualTo(VOCABULARY.size());
        assertThat(BERT.id("you")).isEqualTo(6);
        assertThat(BERT.id("missing")).isEqualTo(-1);
        assertThat(BERT.token(6)).isEqualTo("you");
        assertThat(BERT.token(11)).isNull();
        Tokenizer added = kind("roberta");
        assertThat(added.token(added.id("<tool>"))).isEqualTo("<tool>");
        assertThat(added.decode(added.encode("a <mask> b<tool>").ids())).isEqualTo(" a b<tool>");
        assertThatThrownBy(() -> Tokenizers.bert(List.of("a"), true)).hasMessage("the vocabulary of 1 tokens does not have [UNK]");
    }

    /** Quadratic work would take minutes: 100,000 squared is 10 billion. */
    @Test void long_words_and_long_texts_take_linear_time() {
        for (String name : List.of("bert-uncased", "bpe-suffix", "o200k", "bytes-normalized", "llama2", "xlm")) {
            Tokenizer tokenizer = kind(name);
            for (String part : List.of("the", "\u4E2D", " ", "e\u0301\u0323", "1")) {
                String text = part.repeat(100_000 / part.length());
                Encoding encoding = Assertions.assertTimeout(Duration.ofMinutes(1), () -> tokenizer.encode(text), name + " " + part);
                Assertions.assertTimeout(Duration.ofMinutes(1), () -> tokenizer.decode(encoding.ids()), name + " " + part);
            }
        }
    }

    @Test void many_threads_use_one_tokenizer() throws Exception {
        for (String name : List.of("bert-uncased", "llama3", "xlm")) {
            Tokenizer tokenizer = kind(name);
            var texts = new ArrayList<String>();
            var expected = new ArrayList<String>();
            for (int i = 0; i < 100; i++) {
                texts.add("the tokenizer number " + i * 7919 % 1000 + " of na\u00EFve caf\u00E9s, unbelievable"
                        + Character.toString(0x3B1 + i % 20));
            }
            Tokenizer alone = kind(name);
            for (String text : texts) expected.add(Summary.of(alone, text, null));
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var tasks = new ArrayList<Callable<Void>>();
                for (int thread = 0; thread < 32; thread++) {
                    int first = thread;
                    tasks.add(() -> {
                        for (int i = 0; i < 100; i++) {
                            int at = (i + first * 17) % 100;
                            assertThat(Summary.of(tokenizer, texts.get(at), null)).isEqualTo(expected.get(at));
                        }
                        return null;
                    });
                }
                for (Future<Void> done : threads.invokeAll(tasks)) done.get();
            }
        }
    }
}
