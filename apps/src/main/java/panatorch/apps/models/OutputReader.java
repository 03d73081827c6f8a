package panatorch.apps.models;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.text.Encoding;
import panatorch.text.Tokenizer;

/**
 * Reads predictions from a model's outputs: classes of an image or text, labels of each token, or words of a language model.
 *
 * @param labels labels of the classes; null if there are none
 * @param tokenizer tokenizer of the model; null if it takes no texts
 * @param top number of classes that are wanted
 */
public record OutputReader(@Nullable List<String> labels, @Nullable Tokenizer tokenizer, int top) {
    private static final List<String> MASKS = List.of("[MASK]", "<mask>");

    /** Returns the output that predictions are read from: {@code logits}, or the first one. */
    static @Nullable Tensor logits(Map<String, Tensor> outputs) {
        Tensor named = outputs.get("logits");
        return named != null ? named : outputs.values().stream().findFirst().orElse(null);
    }

    /**
     * Returns the predictions for one item of a batch.
     *
     * @param text the item's tokens; null for an image
     * @return one prediction, or one for each token that is predicted; empty if the outputs are no predictions of classes
     */
    public List<Prediction> of(Map<String, Tensor> outputs, int row, @Nullable Encoding text) {
        Tensor logits = logits(outputs);
        if (logits == null || !logits.dtype().isFloatingPoint() || row >= (logits.dim() == 0 ? 0 : logits.size(0))) return List.of();
        if (logits.dim() == 2 && logits.size(1) > 1) return List.of(Prediction.of(null, logits.select(0, row), labels, top));
        if (logits.dim() != 3 || text == null || tokenizer == null || logits.size(1) != text.size()) return List.of();
        Tensor tokens = logits.select(0, row);
        if (labels != null && labels.size() == logits.size(2)) return ofTokens(tokens, text);
        return logits.size(2) >= tokenizer.size() ? words(tokens, text, tokenizer) : List.of();
    }

    private List<Prediction> ofTokens(Tensor logits, Encoding text) {
        int[] special = text.specialTokensMask();
        List<String> tokens = text.tokens();
        return IntStream.range(0, text.size()).filter(i -> special[i] == 0)
                .mapToObj(i -> Prediction.of(tokens.get(i), logits.select(0, i), labels, top)).toList();
    }

    /** Returns the words for each mask of the text, or else the words that may come next. */
    private List<Prediction> words(Tensor logits, Encoding text, Tokenizer of) {
        int[] ids = text.ids(), real = text.attentionMask();
        List<Integer> masks = MASKS.stream().map(of::id).filter(id -> id >= 0).toList();
        var predictions = new ArrayList<Prediction>();
        int last = 0;
        for (int i = 0; i < ids.length; i++) {
            if (real[i] != 0) last = i;
            if (masks.contains(ids[i])) predictions.add(word(text.tokens().get(i), logits.select(0, i), of));
        }
        if (predictions.isEmpty()) predictions.add(word("next", logits.select(0, last), of));
        return predictions;
    }

    private Prediction word(String place, Tensor logits, Tokenizer of) {
        return new Prediction(place, Prediction.of(null, logits, null, top).classes().stream()
                .map(g -> new Prediction.Guess(of.decode(new int[] {g.index()}, false), g.index(), g.probability())).toList());
    }
}
