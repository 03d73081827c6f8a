package panatorch.text.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PatternTest {
    /** A pattern, a text, and what is found in it. */
    record Example(String pattern, String text, List<String> found) {}

    private static Example of(String pattern, String text, String... found) {
        return new Example(pattern, text, List.of(found));
    }

    /** What Python's {@code pre_tokenizers.Split(Regex(pattern), "removed", True).pre_tokenize_str(text)} finds. */
    static List<Example> examples() {
        return List.of(of("\\p{N}{1,3}+", "12345 6", "12345", "6"),
                of("\\p{N}{1,3}", "12345 6", "123", "45", "6"),
                of("a{2}?", "aaa", "aa"),
                of("a{,2}", "aaab", "aa", "a"),
                of("x{", "x{y", "x{"),
                of("(?i:'s|'ll)", "it'S 'LL '\u017f", "'S", "'LL", "'\u017f"),
                of("\\w+", "a_1-\u00b2\u00e9", "a_1", "\u00b2\u00e9"),
                of("\\h+", "xyzABCg1", "ABC", "1"),
                of("[[:punct:]]+", "a+,b", "+,"),
                of("\\p{Punct}+", "a+,b", ","),
                of("\\p{Han}+", "a\u4e2d\u6587b", "\u4e2d\u6587"),
                of("\\p{^L}+", "a12b", "12"),
                of("(?m:a.b)", "a\nb", "a\nb"),
                of("a.b", "a\nb a\rb", "a\rb"),
                of("^.", "a\nb", "a", "b"),
                of(".$", "a\nb\r", "a", "\r"),
                of("a*+a", "aaa"),
                of("(?<=a)b", "ab b", "b"),
                of("[a&&[^b]]", "ab", "a"),
                of("[^\\r\\n\\p{L}\\p{N}]?\\p{L}+", "(ab c", "(ab", " c"),
                of("\\bab\\b", "ab \u00e9ab ab", "ab", "ab"),
                of("(a|b)\\1", "aab ab bb", "aa", "bb"),
                of("[\\]a-c]+", "x]ab-", "]ab"),
                of("(?<x>a)\\k<x>", "aab", "aa"),
                of("\\x{61}\\u0062", "ab", "ab"),
                of("(?#note)a", "ba", "a"),
                of("a{2}+", "aaaaa", "aaaa"),
                of("(?:ab)+?", "abab", "ab", "ab"),
                of("[^[:alpha:]]+", "a1 b", "1 "),
                of("\\R", "a\r\nb\u2028", "\r\n", "\u2028"),
                of("(?x: a b )", "ab", "ab"),
                of("\\d+", "1\u0661x", "1\u0661"),
                of("\\v", "\u000B\f", "\u000B"),
                of("\u00df", "ss \u00df", "\u00df"));
    }

    private static List<String> found(Finder finder, String s) {
        AlignedText text = AlignedText.of(s);
        Matches matches = finder.find(text, 0, text.length());
        var found = new ArrayList<String>();
        for (int i = 0; i < matches.size(); i++)
            if (matches.isFound(i) && matches.from(i) < matches.to(i)) found.add(text.substring(matches.from(i), matches.to(i)));
        return found;
    }

    @ParameterizedTest
    @MethodSource("examples") void patterns_find_what_they_find_in_python(Example example) {
        assertThat(found(new RegexFinder(example.pattern), example.text)).isEqualTo(example.found);
    }

    @Test void what_java_cannot_express_is_refused() {
        for (String pattern : List.of("(?~a)", "\\g<1>", "\\Ka", "(?(1)a|b)", "\\p{Foo}", "\\p{}", "+a", "(a", "a)", "[a",
                "[".repeat(100_000), "(".repeat(100_000) + "a" + ")".repeat(100_000)))
            assertThatThrownBy(() -> new RegexFinder(pattern)).as(pattern.substring(0, Math.min(9, pattern.length())))
                    .isInstanceOf(IllegalArgumentException.class);
    }

    @Test void groups_repeated_very_often_are_found() {
        assertThat(found(new RegexFinder("(?:ab|cd)+"), "abcd".repeat(50_000) + "!")).containsExactly("abcd".repeat(50_000));
    }

    @Test void gpt2s_words_are_those_of_its_pattern() {
        var pattern = new RegexFinder(Gpt2Finder.PATTERN);
        for (String text : List.of("I'll don't we've it's 'S 's", "a  b   c \n\n d\t", " 12 ab12\u00B2 \u0663 x\u0301y", "  ", " ",
                "\uD83D\uDE00!? \u4E2D\u6587,",
                "''''re'", "a\u00A0\u3000b", "tab\t\tx", "'", " '", "\r\n x"))
            assertThat(found(Gpt2Finder.INSTANCE, text)).as(text).isEqualTo(found(pattern, text));
    }
}
