package panatorch.text.internal;

/** What finds parts of a text: a character, a string or a pattern. Immutable, for any number of threads. */
public interface Finder {
    /** Returns the parts of a range of a text that are found, and those between. */
    Matches find(AlignedText text, int from, int to);

    /** Finds single characters with a property. */
    static Finder characters(java.util.function.IntPredicate property) {
        return (text, from, to) -> {
            var matches = new Matches(from);
            char[] chars = text.chars();
            for (int at = from, c, next; at < to; at = next) {
                c = Character.codePointAt(chars, at, to);
                next = at + Character.charCount(c);
                if (property.test(c)) matches.add(at, next);
            }
            return matches.close(to);
        };
    }

    /** Finds a string; an empty one is never found. */
    static Finder string(String s) {
        char[] wanted = s.toCharArray();
        return (text, from, to) -> {
            var matches = new Matches(from);
            char[] chars = text.chars();
            for (int at = from; wanted.length > 0 && at <= to - wanted.length;) {
                if (chars[at] == wanted[0] && java.util.Arrays.equals(chars, at, at + wanted.length, wanted, 0, wanted.length)) {
                    matches.add(at, at + wanted.length);
                    at += wanted.length;
                } else at++;
            }
            return matches.close(to);
        };
    }

    /** Finds what this does not. */
    default Finder inverted() {
        return (text, from, to) -> find(text, from, to).inverted();
    }
}
