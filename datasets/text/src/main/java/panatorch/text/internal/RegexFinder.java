package panatorch.text.internal;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds a regular expression of Oniguruma's language. A search that reads far more chars than the text has is given up. */
public final class RegexFinder implements Finder {
    private static final long READS = 100_000_000, READS_PER_CHAR = 1_000, STACK = 1L << 29;

    private final String source;
    private final Pattern pattern;

    /**
     * Compiles a regular expression.
     *
     * @throws IllegalArgumentException if it is malformed, or uses what Java's regular expressions cannot express
     */
    public RegexFinder(String source) {
        this.source = source;
        pattern = PatternTranslator.compile(source);
    }

    @Override public Matches find(AlignedText text, int from, int to) {
        try {
            return search(text, from, to);
        } catch (StackOverflowError e) {
            return searchDeeply(text, from, to);
        }
    }

    private Matches search(AlignedText text, int from, int to) {
        var matches = new Matches(from);
        var chars = new Chars(text.chars(), from, to);
        Matcher matcher = pattern.matcher(chars);
        int last = -1;
        for (boolean found = matcher.find(); found; found = next(matcher, chars)) {
            int start = matcher.start(), end = matcher.end();
            if (start == end && end == last) continue; // Oniguruma's iterator leaves out an empty match right after another
            matches.add(from + start, from + end);
            last = end;
        }
        return matches.close(to);
    }

    /** Searches with a larger stack, since Java needs some for each time that a group is repeated. */
    private Matches searchDeeply(AlignedText text, int from, int to) {
        var search = new FutureTask<>(() -> search(text, from, to));
        new Thread(null, search, "panatorch-text-pattern", STACK).start();
        boolean interrupted = false;
        try {
            for (;;) {
                try {
                    return search.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalStateException tooLong) throw tooLong;
            throw new IllegalStateException("the pattern " + source + " needs too deep a recursion for a text of " + (to - from)
                    + " characters; pass shorter texts", e.getCause());
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /** Finds the next match. After an empty one it goes on behind the next character, where Java would go on inside a surrogate pair. */
    private static boolean next(Matcher matcher, CharSequence chars) {
        int end = matcher.end();
        boolean pair =
                matcher.start() == end && end + 1 < chars.length() && Character.isSurrogatePair(chars.charAt(end), chars.charAt(end + 1));
        return pair ? matcher.find(end + 2) : matcher.find();
    }

    /** Chars that count how often they are read. */
    private final class Chars implements CharSequence {
        private final char[] chars;
        private final int from, length;
        private long left;

        Chars(char[] chars, int from, int to) {
            this.chars = chars;
            this.from = from;
            length = to - from;
            left = READS + READS_PER_CHAR * length;
        }

        @Override public int length() { return length; }

        @Override public char charAt(int i) {
            if (--left < 0)
                throw new IllegalStateException(
                        "the pattern " + source + " takes too many steps in a text of " + length + " characters; pass shorter texts");
            return chars[from + i];
        }

        @Override public CharSequence subSequence(int start, int end) { return new String(chars, from + start, end - start); }

        @Override public String toString() { return new String(chars, from, length); }
    }
}
