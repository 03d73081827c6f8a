package panatorch.text.djl;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.text.Encoding;
import panatorch.text.Padding;
import panatorch.text.Tokenizer;
import panatorch.text.TokenizerException;
import panatorch.text.TokenizerFile;
import panatorch.text.Truncation;

/**
 * A tokenizer of the Deep Java Library, which is Hugging Face's own in Rust, for files that {@link panatorch.text.Tokenizers} refuses. It
 * is immutable, and any number of threads may use it at the same time. Its native memory belongs to the library's object, which frees it
 * when it is collected.
 *
 * <p>
 * The library is native code for Linux, macOS and Windows, 19 MB, and unpacks itself into a cache in the user's home directory.
 */
public final class DjlTokenizer implements Tokenizer {
    private static final int NO_WORD = -1;

    private final TokenizerFile file;
    private final HuggingFaceTokenizer tokenizer;
    private final @Nullable Padding padding;

    private DjlTokenizer(TokenizerFile file, HuggingFaceTokenizer tokenizer, @Nullable Padding padding) {
        this.file = file;
        this.tokenizer = tokenizer;
        this.padding = padding;
    }

    /**
     * Reads a {@code tokenizer.json}. Its truncation and padding hold until others are set.
     *
     * @throws TokenizerException if the file is missing or damaged, or the library refuses it
     * @throws IllegalArgumentException if the file's texts are cut at their beginning or with a stride
     */
    public static DjlTokenizer load(Path tokenizerJson) {
        return of(TokenizerFile.load(tokenizerJson));
    }

    /**
     * Makes a tokenizer of a file that was read, with its truncation and padding.
     *
     * @throws TokenizerException if the library refuses it
     * @throws IllegalArgumentException if the file's texts are cut at their beginning or with a stride
     */
    public static DjlTokenizer of(TokenizerFile file) {
        return of(file, file.truncation(), file.padding());
    }

    /**
     * Makes a tokenizer of a file that was read, with other truncation and padding.
     *
     * @param truncation how texts are cut; null for not at all
     * @param padding how texts are filled; null for not at all
     * @throws TokenizerException if the library refuses the file
     * @throws IllegalArgumentException if texts are to be cut at their beginning or with a stride
     */
    public static DjlTokenizer of(TokenizerFile file, @Nullable Truncation truncation, @Nullable Padding padding) {
        return new DjlTokenizer(file, open(file, truncation), padding);
    }

    private static HuggingFaceTokenizer open(TokenizerFile file, @Nullable Truncation truncation) {
        var options = new HashMap<>(Map.of("padding", "DO_NOT_PAD", "truncation", "DO_NOT_TRUNCATE"));
        if (truncation != null) {
            if (truncation.left())
                throw new IllegalArgumentException("the Deep Java Library cuts texts at their end only, not at their beginning");
            if (truncation.stride() > 0) // Rust ends the process where a part has no more tokens than the stride
                throw new IllegalArgumentException(
                        "the Deep Java Library cannot be trusted with a stride, but it is " + truncation.stride());
            options.put("truncation", truncation.strategy().name());
            options.put("maxLength", String.valueOf(truncation.maxLength()));
            options.put("modelMaxLength", String.valueOf(truncation.maxLength()));
        }
        try {
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(file.json()), options);
        } catch (IOException | RuntimeException e) {
            throw new TokenizerException("the Deep Java Library cannot use the tokenizer: " + e.getMessage(), e);
        }
    }

    @Override public Encoding encode(String text, @Nullable String pair, boolean specialTokens) {
        ai.djl.huggingface.tokenizers.Encoding made;
        try {
            made = pair == null ? tokenizer.encode(wellFormed(text), specialTokens, true)
                    : tokenizer.encode(wellFormed(text), wellFormed(pair), specialTokens, true);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("the Deep Java Library cannot encode the text: " + e.getMessage(), e);
        }
        return padding == null ? encoding(made) : padding.fill(List.of(encoding(made))).getFirst();
    }

    private static Encoding encoding(ai.djl.huggingface.tokenizers.Encoding from) {
        long[] ids = from.getIds(), types = from.getTypeIds(), words = from.getWordIds(), special = from.getSpecialTokenMask();
        String[] tokens = from.getTokens();
        @Nullable CharSpan[] spans = from.getCharTokenSpans();
        var to = new Encoding.Builder();
        for (int i = 0; i < ids.length; i++) {
            CharSpan span = spans[i];
            if (special[i] != 0 || span == null) to.special((int) ids[i], tokens[i], (int) types[i]);
            else
                to.token((int) ids[i], tokens[i], span.getStart(), span.getEnd(), words[i] < 0 ? NO_WORD : (int) words[i],
                        (int) types[i]);
        }
        for (var part : from.getOverflowing()) to.overflowing(encoding(part));
        return to.build();
    }

    /** Returns a text whose surrogates without a partner, which Rust's strings cannot have, are U+FFFD. */
    private static String wellFormed(String text) {
        if (text.codePoints().noneMatch(DjlTokenizer::isSurrogate)) return text;
        return text.codePoints().map(c -> isSurrogate(c) ? 0xFFFD : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }

    @Override public List<Encoding> pad(List<Encoding> encodings) { return padding == null ? encodings : padding.fill(encodings); }

    @Override public String decode(int[] ids, boolean skipSpecialTokens) {
        var longs = new long[ids.length];
        for (int i = 0; i < ids.length; i++) longs[i] = ids[i];
        return tokenizer.decode(longs, skipSpecialTokens);
    }

    @Override public int id(String token) { return file.id(token); }

    @Override public @Nullable String token(int id) { return file.token(id); }

    @Override public int size() { return file.size(); }

    /**
     * Returns a tokenizer that cuts texts in this way. It reads the whole file again: the library shares nothing between two tokenizers.
     *
     * @throws IllegalArgumentException if texts are to be cut at their beginning or with a stride
     */
    @Override public DjlTokenizer withTruncation(@Nullable Truncation truncation) { return of(file, truncation, padding); }

    @Override public DjlTokenizer withPadding(@Nullable Padding newPadding) { return new DjlTokenizer(file, tokenizer, newPadding); }
}
