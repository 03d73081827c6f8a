package panatorch.generation;

import java.util.Set;

/**
 * How the tokens of a text are chosen. Without chance ({@link #greedy}) it is the most probable one. With chance, logits are divided by the
 * temperature, and tokens are left out as the rules say, one after the other; the names and rules are those of Hugging Face's
 * {@code GenerationConfig}.
 *
 * @param tokens greatest number of new tokens
 * @param sample whether tokens are drawn by chance
 * @param temperature divisor of the logits; below 1 the probable tokens become more probable
 * @param topK number of the most probable tokens that may be drawn; 0 for all
 * @param topP the most probable tokens whose probabilities make up this sum may be drawn; 1 for all
 * @param minP tokens less probable than this fraction of the most probable one are left out; 0 for none
 * @param repetitionPenalty divisor of the logits of tokens that the text already has, or factor of negative ones (Keskar et al. 2019,
 * arXiv:1909.05858); 1 for none
 * @param stop tokens that end a text; they are part of it
 */
public record GenerationOptions(int tokens, boolean sample, double temperature, int topK, double topP, double minP,
        double repetitionPenalty, Set<Integer> stop) {
    /** @throws IllegalArgumentException if a number is out of its range */
    public GenerationOptions {
        require(tokens >= 1, "tokens must be at least 1, not " + tokens);
        require(temperature > 0, "temperature must be positive, not " + temperature + "; greedy() draws no tokens");
        require(topK >= 0, "topK must be 0 or more, not " + topK);
        require(topP > 0 && topP <= 1, "topP must be above 0 and at most 1, not " + topP);
        require(minP >= 0 && minP <= 1, "minP must be from 0 to 1, not " + minP);
        require(repetitionPenalty > 0, "repetitionPenalty must be positive, not " + repetitionPenalty);
        stop = Set.copyOf(stop);
    }

    private static void require(boolean fits, String otherwise) { if (!fits) throw new IllegalArgumentException(otherwise); }

    /** Returns options that always take the most probable token. */
    public static GenerationOptions greedy(int tokens) {
        return new GenerationOptions(tokens, false, 1, 0, 1, 0, 1, Set.of());
    }

    /** Returns options that draw each token by its probability. */
    public static GenerationOptions sampling(int tokens) {
        return new GenerationOptions(tokens, true, 1, 0, 1, 0, 1, Set.of());
    }

    public GenerationOptions temperature(double value) {
        return new GenerationOptions(tokens, sample, value, topK, topP, minP, repetitionPenalty, stop);
    }

    public GenerationOptions topK(int value) {
        return new GenerationOptions(tokens, sample, temperature, value, topP, minP, repetitionPenalty, stop);
    }

    public GenerationOptions topP(double value) {
        return new GenerationOptions(tokens, sample, temperature, topK, value, minP, repetitionPenalty, stop);
    }

    public GenerationOptions minP(double value) {
        return new GenerationOptions(tokens, sample, temperature, topK, topP, value, repetitionPenalty, stop);
    }

    public GenerationOptions repetitionPenalty(double value) {
        return new GenerationOptions(tokens, sample, temperature, topK, topP, minP, value, stop);
    }

    public GenerationOptions stop(Integer... ids) {
        return new GenerationOptions(tokens, sample, temperature, topK, topP, minP, repetitionPenalty, Set.of(ids));
    }
}
