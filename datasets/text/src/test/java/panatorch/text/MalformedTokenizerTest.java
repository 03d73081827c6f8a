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
import org.junit.jupiter.params.provider.CsvSource;

class MalformedTokenizerTest {
    private static final String MODEL = "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0,\"[UNK]\":1},\"unk_token\":\"[UNK]\"}";

    private static Tokenizer parse(String json) {
        return Tokenizers.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"[] | the document is a list of 0; an object was expected",
        "{'version':'2.0'} | version is '2.0'; 1.0 was expected", "{} | model is missing or null; a model was expected",
        "{'model':{'type':'Foo'}} | model.type is 'Foo'; WordPiece, BPE, Unigram or WordLevel was expected",
        "{'model':{'type':'WordLevel','vocab':{'a':-1},'unk_token':'a'}} | model.vocab['a'] is -1; a whole number from 0 to 2147483647 was expected",
        "{'model':{'type':'WordLevel','vocab':{'a':4294967296},'unk_token':'a'}} | model.vocab['a'] is 4294967296; a whole number",
        "{'model':{'type':'WordLevel','vocab':{'a':0}}} | model.unk_token is missing or null; a string was expected",
        "{'model':{'type':'BPE','vocab':{'a':0,'b':1},'merges':['a b']}} | model.merges[0] needs the token 'ab', which model.vocab lacks",
        "{'model':{'type':'BPE','vocab':{'a':0},'merges':['a']}} | model.merges[0] is 'a'; two tokens with a space between them was expected",
        "{'model':{'type':'BPE','vocab':{'a':0},'merges':[['a']]}} | model.merges[0] is a list of 1; a list of two tokens was expected",
        "{'model':{'type':'BPE','dropout':0.1,'vocab':{},'merges':[]}} | model.dropout is 0.1; null, since leaving out merges at random",
        "{'model':{'type':'Unigram','vocab':[['a',0]],'unk_id':1}} | model.unk_id is 1; an id below 1",
        "{'model':{'type':'Unigram','vocab':[['a']]}} | model.vocab[0] is a list of 1; a list of a token and a score was expected"}) void the_exception_names_the_field(
                String json, String message) {
        assertThatThrownBy(() -> parse(json.replace('\'', '"'))).isInstanceOf(TokenizerException.class)
                .hasMessageStartingWith("the tokenizer is not one that can be used: " + message.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"'normalizer':{'type':'Foo'} | normalizer.type is 'Foo'; BertNormalizer, Strip,",
        "'normalizer':{'type':'Sequence','normalizers':[{'type':'Strip'}]} | normalizer.normalizers[0].strip_left is missing or null; true or false",
        "'normalizer':{'type':'Precompiled','precompiled_charsmap':'AAA='} | normalizer.precompiled_charsmap has 2 bytes; at least 4 were expected",
        "'normalizer':{'type':'Precompiled','precompiled_charsmap':'////fw=='} | normalizer.precompiled_charsmap declares a trie of 2147483647 bytes",
        "'normalizer':{'type':'Precompiled','precompiled_charsmap':'*'} | normalizer.precompiled_charsmap is '*'; a text in Base64 was expected",
        "'pre_tokenizer':{'type':'Split','pattern':{'Regex':'('},'behavior':'Isolated','invert':false} | pre_tokenizer.pattern.Regex is no regular expression",
        "'pre_tokenizer':{'type':'Split','pattern':{'Regex':'(?~a)'},'behavior':'Isolated','invert':false} | pre_tokenizer.pattern.Regex uses the group (?~a",
        "'pre_tokenizer':{'type':'Split','pattern':{'Regex':'a'},'behavior':'Foo','invert':false} | pre_tokenizer.behavior is 'Foo'; one of Removed, Isolated,",
        "'pre_tokenizer':{'type':'CharDelimiterSplit','delimiter':'ab'} | pre_tokenizer.delimiter is 'ab'; one character was expected",
        "'post_processor':{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'x','type_id':0}}],'pair':[],'special_tokens':{}} | post_processor.single[0].SpecialToken.id is 'x'; a name of special_tokens",
        "'post_processor':{'type':'BertProcessing','sep':['a'],'cls':['b',1]} | post_processor.cls[1]",
        "'decoder':{'type':'Foo'} | decoder.type is 'Foo'; WordPiece, ByteLevel,",
        "'truncation':{'max_length':2,'stride':2,'strategy':'LongestFirst'} | truncation stride must be from 0 to below maxLength 2, but is 2",
        "'padding':{'strategy':'Foo'} | padding.strategy is 'Foo'; BatchLongest or an object with Fixed was expected",
        "'added_tokens':[{'content':'x'}] | added_tokens[0].single_word is missing or null; true or false was expected"}) void stages_are_checked_too(
                String stage, String message) {
        assertThatThrownBy(() -> parse(("{" + stage.replace('\'', '"') + "," + MODEL + "}"))).isInstanceOf(TokenizerException.class)
                .hasMessageContaining(message.contains("cls[1]") ? "post_processor.sep is a list of 1" : message.replace('\'', '"'));
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
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(60), () -> assertThatThrownBy(() -> tokenizer.encode("a".repeat(5000)))
                .isInstanceOf(IllegalStateException.class).hasMessageStartingWith("the pattern ((a+)+)+b "));
    }

    @Test void damaged_files_are_refused_or_read_but_never_end_in_another_exception() throws IOException {
        var random = new Random(3);
        var token = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|-?[0-9.]+|true|false|null|[\\[\\]{}:,]");
        String[] values = {"null", "-1", "4294967296", "1e999", "\"\"", "\"x\"", "[]", "{}", "true", "0", "[[", "}"};
        int read = 0, refused = 0;
        for (CheckedInCasesTest.Kind kind : CheckedInCasesTest.kinds()) {
            String json = kind.json();
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
