package panatorch.generation;

import java.util.Arrays;
import java.util.function.Function;

/**
 * The text of tokens that come one after the other. A part whose characters later tokens may still change, such as the first bytes of a
 * character, is held back. For one thread.
 */
public final class TextStream {
    private static final char REPLACEMENT = '\uFFFD';

    private final Function<int[], String> decode;
    private int[] tokens = new int[0];
    private String told = "";

    /** @param decode returns the text of tokens, as {@code Tokenizer.decode} does */
    public TextStream(Function<int[], String> decode) {
        this.decode = decode;
    }

    /** Adds a token and returns the text that is certain by now and was not returned before; it may be empty. */
    public String add(int token) {
        tokens = Arrays.copyOf(tokens, tokens.length + 1);
        tokens[tokens.length - 1] = token;
        String text = decode.apply(tokens);
        int certain = text.length();
        while (certain > 0 && (text.charAt(certain - 1) == REPLACEMENT || Character.isHighSurrogate(text.charAt(certain - 1)))) certain--;
        return told(text.substring(0, certain));
    }

    /** Returns the rest of the text, and begins a new one. */
    public String end() {
        String rest = told(decode.apply(tokens));
        tokens = new int[0];
        told = "";
        return rest;
    }

    private String told(String text) {
        int same = 0; // a decoder that tidies up may have changed what was told
        while (same < Math.min(told.length(), text.length()) && told.charAt(same) == text.charAt(same)) same++;
        told = text;
        return text.substring(same);
    }
}
