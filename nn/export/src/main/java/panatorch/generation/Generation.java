package panatorch.generation;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Generates a text token by token.
 *
 * <pre>{@code
 * try (var program = ExportedProgram.load(Path.of("llama.pt2")); var model = CausalModel.of(program)) {
 *     var text = new TextStream(ids -> tokenizer.decode(ids));
 *     Generation.generate(model, tokenizer.encode("Once").ids(), GenerationOptions.sampling(100).topP(0.9).stop(2), token -> {
 *         System.out.print(text.add(token));
 *         return true;                                              // false ends the text
 *     });
 *     System.out.println(text.end());
 * }
 * }</pre>
 *
 * <p>
 * With the same seed ({@code Torch.manualSeed}) and options, tokens are those of {@code generate} of Hugging Face's transformers.
 */
public final class Generation {
    private Generation() {}

    /** Returns the new tokens after a prompt; see {@link #generate(CausalModel, int[], GenerationOptions, IntPredicate)}. */
    public static int[] generate(CausalModel model, int[] prompt, GenerationOptions options) {
        return generate(model, prompt, options, token -> true);
    }

    /**
     * Continues a prompt until there are enough tokens, one of them ends the text, or the model's capacity is reached. The model forgets
     * what it has read before.
     *
     * @param prompt ids of the tokens that the text begins with, at least one
     * @param each takes each new token as soon as it is chosen, and returns whether to go on
     * @return the new tokens
     */
    public static int[] generate(CausalModel model, int[] prompt, GenerationOptions options, IntPredicate each) {
        model.reset();
        long most = Math.min(options.tokens(), model.capacity() - prompt.length);
        int[] text = Arrays.copyOf(prompt, prompt.length);
        for (long n = 0; n < most; n++) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor logits = model.read(n == 0 ? prompt : new int[] {text[text.length - 1]});
                int token = next(logits, text, options);
                text = Arrays.copyOf(text, text.length + 1);
                text[text.length - 1] = token;
                if (!each.test(token) || options.stop().contains(token)) break;
            }
        }
        return Arrays.copyOfRange(text, prompt.length, text.length);
    }

    private static int next(Tensor logits, int[] text, GenerationOptions options) {
        Tensor scores = scores(logits, text, options);
        if (!options.sample()) return scores.argmax().itemInt();
        return Aten.multinomial(scores.softmax(-1), 1).itemInt();
    }

    /** Returns the logits [V] by which the next token is chosen; −∞ for those that are left out. */
    static Tensor scores(Tensor logits, int[] text, GenerationOptions options) {
        Tensor x = logits;
        if (options.repetitionPenalty() != 1) {
            Tensor seen = Torch.tensor(IntStream.of(text).distinct().asLongStream().toArray()), s = x.indexSelect(0, seen);
            double penalty = options.repetitionPenalty();
            x = x.scatter(0, seen, Aten.where(s.lt(0), s.mul(penalty), s.div(penalty)));
        }
        if (!options.sample()) return x;
        if (options.temperature() != 1) x = x.div(options.temperature());
        if (options.topK() > 0 && options.topK() < x.size(0))
            x = x.maskedFill(x.lt(x.topk(options.topK()).values().min()), Double.NEGATIVE_INFINITY);
        if (options.topP() < 1) {
            var sorted = x.sort();
            Tensor leftOut = sorted.values().softmax(-1).cumsum(-1).le(1 - options.topP());
            leftOut.narrow(0, x.size(0) - 1, 1).fill_(0);
            x = x.maskedFill(leftOut.zerosLike().scatter(0, sorted.indices(), leftOut), Double.NEGATIVE_INFINITY);
        }
        if (options.minP() > 0) {
            Tensor p = x.softmax(-1);
            x = x.maskedFill(p.lt(p.max().mul(options.minP())), Double.NEGATIVE_INFINITY);
        }
        return x;
    }
}
