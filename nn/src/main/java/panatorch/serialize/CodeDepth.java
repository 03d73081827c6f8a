package panatorch.serialize;

/**
 * Limits on how deeply the code of a script may be nested. libtorch parses and compiles by recursion and does not count its depth, so
 * deeper code ends the process. Code that {@code torch.jit.save} has written stays far below.
 */
final class CodeDepth {
    private CodeDepth() {}

    private static final int MOST_BRACKETS = 200, MOST_SPACES = 200, MOST_OPERATORS = 2000;

    static void check(FileBytes file, String name, String code) throws MalformedFileException {
        int brackets = 0, operators = 0, line = 1, spaces = 0;
        var outside = new int[MOST_BRACKETS + 1]; // the operators around each open bracket
        boolean begins = true;
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            if (c == '\n') {
                line++;
                if (brackets > 0 || i > 0 && code.charAt(i - 1) == '\\') continue;
                begins = true;
                spaces = operators = 0;
                continue;
            }
            if (begins && (c == ' ' || c == '\t')) spaces++;
            else begins = false;
            switch (c) {
                case '#' -> i = Math.max(i, code.indexOf('\n', i) - 1);
                case '"', '\'' -> i = behindString(code, i);
                case '(', '[', '{' -> {
                    operators++;
                    if (brackets < MOST_BRACKETS) outside[brackets] = operators;
                    brackets++;
                }
                case ')', ']', '}' -> operators = brackets > 0 ? outside[--brackets] : operators;
                case ',' -> operators = brackets > 0 ? outside[brackets - 1] : operators;
                case ' ' -> operators += word(code, i + 1);
                default -> {
                    if (!Character.isLetterOrDigit(c) && c != '_' && c != '\\') operators++;
                }
            }
            if (brackets > MOST_BRACKETS || spaces > MOST_SPACES || operators > MOST_OPERATORS)
                throw file.malformed("line " + line + " of " + name + " is nested too deeply to be code of torch.jit.save");
        }
    }

    /** Returns 1 if an operator that is a word stands at {@code i}, otherwise 0. */
    private static int word(String code, int i) {
        for (String word : new String[] {"not ", "and ", "or ", "if ", "else ", "in ", "is ", "lambda "})
            if (code.startsWith(word, i)) return 1;
        return 0;
    }

    /** Returns the index of the last character of the string that begins at {@code i}. */
    private static int behindString(String code, int i) {
        String quote = code.startsWith(String.valueOf(code.charAt(i)).repeat(3), i) ? String.valueOf(code.charAt(i)).repeat(3)
                : String.valueOf(code.charAt(i));
        for (int at = i + quote.length(); at < code.length(); at++) {
            if (code.charAt(at) == '\\') at++;
            else if (code.startsWith(quote, at)) return at + quote.length() - 1;
        }
        return code.length();
    }
}
