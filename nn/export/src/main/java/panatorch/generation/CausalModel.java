package panatorch.generation;

import panatorch.Tensor;
import panatorch.export.ExportedProgram;

/**
 * A language model that is given the tokens of one text piece by piece, and remembers them. For one text at a time and one thread; programs
 * that share their weights cannot share what they have read. It owns native memory until it is closed.
 */
public interface CausalModel extends AutoCloseable {
    /**
     * Reads tokens after those that it has read.
     *
     * @param tokens ids of the tokens, at least one
     * @return the logits [V] of the token after the last, which belong to the current scope
     * @throws IllegalArgumentException if the text would be longer than {@link #capacity}
     */
    Tensor read(int... tokens);

    /** Forgets all tokens, for the next text. */
    void reset();

    /** Frees what it keeps for {@link #reset}. Closing twice is harmless. */
    @Override void close();

    /** Returns the number of tokens that it can read before {@link #reset}; {@code Long.MAX_VALUE} if there is no limit. */
    long capacity();

    /**
     * Returns the model of a program that {@code torch.export} saved. The caller closes the model, and then the program.
     *
     * <p>
     * With a cache, as {@code transformers.integrations.executorch.convert_and_export_with_cache} exports it: the inputs {@code input_ids}
     * [1, L] and {@code cache_position} [L], and buffers that keep what was read. If L is 1 in the program, a text is read token by token.
     * Without a cache: the input {@code input_ids} [1, L] of any length L, and optionally {@code attention_mask} [1, L]; then every call
     * computes the whole text again. The first output is the logits [1, L, V] in either case.
     *
     * @throws IllegalArgumentException if the program has other inputs
     */
    static CausalModel of(ExportedProgram program) { return new ProgramModel(program); }
}
