package panatorch.text.internal;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Writes a pattern of Oniguruma, which {@code tokenizers} uses, as one of {@link Pattern}. The languages differ in classes ({@code \s},
 * {@code \w} and {@code \p{Han}} know all of Unicode), in {@code {1,3}+}, which is no possessive quantifier there, in lines, and in flags.
 */
final class PatternTranslator {
    private static final int FLAGS = Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.MULTILINE | Pattern.UNIX_LINES;
    private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}\u00B2\u00B3\u00B9\u00BC-\u00BE", SPACE = "IsWhite_Space",
            HEX = "0-9a-fA-F";

    private final String in;
    private final StringBuilder out = new StringBuilder();
    private final ArrayDeque<Integer> groups = new ArrayDeque<>();
    private int at;
    /** Where the last atom begins in the output, -1 if a quantifier may not stand here. */
    private int atom = -1;
    private boolean quantified;

    private PatternTranslator(String in) {
        this.in = in;
    }

    /**
     * Compiles a pattern of Oniguruma.
     *
     * @throws IllegalArgumentException if it is malformed, or uses what {@link Pattern} cannot express
     */
    static Pattern compile(String pattern) {
        var translator = new PatternTranslator(pattern);
        try {
            translator.translate();
            return Pattern.compile(translator.out.toString(), FLAGS);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("is nested too deeply", e);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("is no regular expression: " + e.getDescription(), e);
        }
    }

    private IllegalArgumentException unsupported(String what) {
        return new IllegalArgumentException("uses " + what + ", which Java's regular expressions do not have");
    }

    private void translate() {
        while (at < in.length()) {
            char c = in.charAt(at);
            switch (c) {
                case '\\' -> begin(this::escape);
                case '[' -> begin(this::characterClass);
                case '(' -> open();
                case ')' -> close();
                case '|' -> {
                    out.append(c);
                    at++;
                    atom = -1;
                }
                case '*', '+', '?' -> {
                    at++;
                    quantify(Character.toString(c), true);
                }
                case '{' -> interval();
                default -> begin(() -> {
                    int cp = in.codePointAt(at);
                    out.appendCodePoint(cp);
                    at += Character.charCount(cp);
                });
            }
        }
    }

    private void begin(Runnable write) {
        atom = out.length();
        quantified = false;
        write.run();
    }

    private void quantify(String quantifier, boolean takesPlus) {
        if (atom < 0) throw new IllegalArgumentException("has a quantifier " + quantifier + " with nothing before it");
        if (quantified) out.insert(atom, "(?:").append(')');
        out.append(quantifier);
        quantified = true;
        if (at < in.length() && (in.charAt(at) == '?' || takesPlus && in.charAt(at) == '+')) out.append(in.charAt(at++));
    }

    /** Translates {@code {n}}, {@code {n,}}, {@code {,m}} or {@code {n,m}}; any other brace is itself. */
    private void interval() {
        int end = in.indexOf('}', at);
        String inside = end < 0 ? "" : in.substring(at + 1, end);
        if (!inside.matches("[0-9]{1,6}(,[0-9]{0,6})?|,[0-9]{1,6}")) {
            begin(() -> out.append("\\{"));
            at++;
            return;
        }
        at = end + 1;
        boolean fixed = inside.indexOf(',') < 0;
        if (fixed && at < in.length() && in.charAt(at) == '?') { // Oniguruma: the whole of it, or nothing
            quantify("{" + inside + "}", false);
            out.setLength(out.length() - 1);
            out.insert(atom, "(?:").append(")?");
        } else if (inside.startsWith("1,") && in.startsWith("+", at)) { // again and again: one or more, without a loop of a group
            at++;
            quantify("+", false);
        } else quantify("{" + (inside.startsWith(",") ? "0" : "") + inside + "}", false);
    }

    private void open() {
        groups.push(out.length());
        atom = -1;
        if (!in.startsWith("(?", at)) {
            out.append('(');
            at++;
            return;
        }
        for (String kind : new String[] {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"}) {
            if (!in.startsWith(kind, at)) continue;
            out.append(kind);
            at += kind.length();
            return;
        }
        if (in.startsWith("(?#", at)) {
            groups.pop();
            int end = in.indexOf(')', at);
            at = end < 0 ? in.length() : end + 1;
            return;
        }
        if (in.startsWith("(?<", at)) {
            int end = in.indexOf('>', at);
            if (end < 0) throw new IllegalArgumentException("has a group whose name does not end");
            out.append(in, at, end + 1);
            at = end + 1;
            return;
        }
        int end = at + 2;
        while (end < in.length() && "imx-".indexOf(in.charAt(end)) >= 0) end++;
        if (end == in.length() || in.charAt(end) != ':' && in.charAt(end) != ')')
            throw unsupported("the group " + in.substring(at, Math.min(in.length(), at + 4)));
        out.append(in.substring(at, end).replace('m', 's')).append(in.charAt(end));
        if (in.charAt(end) == ')') groups.pop();
        at = end + 1;
    }

    private void close() {
        if (groups.isEmpty()) throw new IllegalArgumentException("has a closing parenthesis without an opening one");
        out.append(')');
        at++;
        atom = groups.pop();
        quantified = false;
    }

    private char next() {
        if (at >= in.length()) throw new IllegalArgumentException("ends too early");
        return in.charAt(at);
    }

    private void escape() {
        at++;
        char c = next();
        switch (c) {
            case 'w' -> out.append('[').append(WORD).append(']');
            case 'W' -> out.append("[^").append(WORD).append(']');
            case 'h' -> out.append('[').append(HEX).append(']');
            case 'H' -> out.append("[^").append(HEX).append(']');
            case 'b', 'B', 'A', 'z', 'Z', 'G', 'R', 'X', 'k' -> out.append('\\').append(c);
            default -> {
                escapeAnywhere(c);
                return;
            }
        }
        at++;
    }

    private void escapeAnywhere(char c) {
        switch (c) {
            case 's' -> out.append("\\p{").append(SPACE).append('}');
            case 'S' -> out.append("\\P{").append(SPACE).append('}');
            case 'd' -> out.append("\\p{Nd}");
            case 'D' -> out.append("\\P{Nd}");
            case 'v' -> out.append("\\x0B");
            case 'p', 'P' -> {
                property(c == 'P');
                return;
            }
            case 'n', 'r', 't', 'f', 'a', 'e', 'x', 'u' -> out.append('\\').append(c);
            default -> {
                if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') throw unsupported("\\" + c);
                int cp = in.codePointAt(at);
                if (cp < 0x80) out.append('\\');
                out.appendCodePoint(cp);
                at += Character.charCount(cp);
                return;
            }
        }
        at++;
    }

    private void property(boolean negated) {
        int end = in.indexOf('}', at);
        if (end < 0 || at + 1 >= in.length() || in.charAt(at + 1) != '{')
            throw new IllegalArgumentException("has a property without braces");
        String name = in.substring(at + 2, end);
        at = end + 1;
        if (name.startsWith("^")) {
            negated = !negated;
            name = name.substring(1);
        }
        if (name.isEmpty()) throw new IllegalArgumentException("has a property without a name");
        out.append(property(name, negated));
    }

    private static String property(String name, boolean negated) {
        String not = negated ? "^" : "";
        switch (name.toLowerCase(Locale.ROOT)) {
            case "punct" -> {
                return "[" + not + "\\p{P}]";
            }
            case "word" -> {
                return "[" + not + WORD + "]";
            }
            case "any" -> {
                return "[" + not + "\\x{0}-\\x{10FFFF}]";
            }
            default -> {
                for (String form : new String[] {name, "Is" + name, name.substring(0, 1).toUpperCase(Locale.ROOT)
                        + name.substring(1).toLowerCase(Locale.ROOT)}) {
                    String text = (negated ? "\\P{" : "\\p{") + form + "}";
                    try {
                        Pattern.compile(text, FLAGS);
                        return text;
                    } catch (PatternSyntaxException e) {
                        continue; // the next way to write it
                    }
                }
                throw new IllegalArgumentException("uses the unknown property " + name);
            }
        }
    }

    private void characterClass() {
        out.append('[');
        at++;
        if (next() == '^') {
            out.append('^');
            at++;
        }
        boolean first = true;
        for (;; first = false) {
            char c = next();
            if (c == ']' && !first) break;
            if (c == '[' && in.startsWith("[:", at) && in.indexOf(":]", at) > 0) {
                int end = in.indexOf(":]", at);
                String name = in.substring(at + 2, end);
                boolean negated = name.startsWith("^");
                if (negated) name = name.substring(1);
                out.append(name.equals("punct") ? negated ? "[^\\p{P}\\p{S}]" : "\\p{P}\\p{S}" : property(name, negated));
                at = end + 2;
            } else if (c == '[') characterClass();
            else if (c == '\\') {
                at++;
                escapeInClass(next());
            } else if (c == ']') {
                out.append("\\]");
                at++;
            } else {
                out.append(c);
                at++;
            }
        }
        out.append(']');
        at++;
    }

    private void escapeInClass(char c) {
        switch (c) {
            case 'w' -> out.append(WORD);
            case 'W' -> out.append("[^").append(WORD).append(']');
            case 'h' -> out.append(HEX);
            case 'H' -> out.append("[^").append(HEX).append(']');
            case 'b' -> out.append("\\x08");
            default -> {
                escapeAnywhere(c);
                return;
            }
        }
        at++;
    }
}
