package panatorch.apps.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.Printable;

/**
 * The likeliest classes of one item, or of one token of a text.
 *
 * @param token the token; null for a whole image or text
 * @param classes the likeliest classes, the likeliest first
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Prediction(@Nullable String token, List<Guess> classes) {
    /**
     * A class with its probability.
     *
     * @param label its label, or its number if it has none
     * @param index its number
     */
    public record Guess(String label, int index, double probability) {}

    /**
     * Returns the likeliest classes.
     *
     * @param logits {@code [C]}
     * @param labels labels of the classes; null if there are none
     */
    static Prediction of(@Nullable String token, Tensor logits, @Nullable List<String> labels, int top) {
        try (var scope = Scope.open()) {
            double[] p = logits.to(DType.FLOAT64).softmax(0).toDoubleArray();
            long[] best = Aten.topk(logits.to(DType.FLOAT64), Math.min(top, p.length), 0).indices().toLongArray();
            var guesses = new ArrayList<Guess>();
            for (long i : best)
                guesses.add(new Guess(labels != null && i < labels.size() ? labels.get((int) i) : Long.toString(i), (int) i, p[(int) i]));
            return new Prediction(token, guesses);
        }
    }

    @Override public String toString() {
        return (token == null ? "" : Printable.line(token) + ":")
                + classes.stream().map(g -> String.format(Locale.ROOT, "  %s %.1f %%", Printable.line(g.label), 100 * g.probability))
                        .collect(Collectors.joining());
    }
}
