package panatorch.datasets.text;

import java.util.Objects;
import java.util.stream.IntStream;
import panatorch.text.Truncation;

/**
 * A tokenizer of a trained model, such as one that {@link panatorch.text.Tokenizers#load} has read, for a {@link TextDataset}. Texts get
 * the special tokens that the model expects.
 */
public final class PretrainedTokenizer implements Tokenizer {
    private final panatorch.text.Tokenizer tokenizer;
    private final int padding;

    /**
     * Makes a tokenizer for datasets.
     *
     * @param padding id that pads shorter texts of a batch, as a rule that of {@code [PAD]} or {@code <pad>}
     */
    public PretrainedTokenizer(panatorch.text.Tokenizer tokenizer, int padding) {
        this.tokenizer = tokenizer.withPadding(null);
        this.padding = padding;
    }

    /**
     * Returns the ids of a text, with special tokens.
     *
     * @throws IllegalArgumentException if {@code maxLength} leaves no room for the special tokens
     */
    @Override public int[] encode(String text, int maxLength) {
        return tokenizer.withTruncation(Truncation.to(maxLength)).encode(text).ids();
    }

    /** Returns the tokens; an id that has none is an empty string here. */
    @Override public Vocabulary vocabulary() {
        return Vocabulary
                .of(IntStream.range(0, tokenizer.size()).mapToObj(id -> Objects.requireNonNullElse(tokenizer.token(id), "")).toList());
    }

    @Override public int padding() { return padding; }
}
