package panatorch.text.internal.models;

import org.jspecify.annotations.Nullable;

/**
 * The tokens of a piece. Places are indices of the piece's chars, from its beginning. The arrays are not changed.
 *
 * @param ids ids of the tokens
 * @param starts where they begin
 * @param ends where they end
 * @param strings what the tokens are called, where they are not called as the vocabulary has it
 */
public record Tokens(int[] ids, int[] starts, int[] ends, @Nullable String @Nullable [] strings) {
    /** Makes the only token of a piece. */
    static Tokens single(int id, int length) {
        return new Tokens(new int[] {id}, new int[1], new int[] {length}, null);
    }

    /** Returns the number of tokens. */
    public int size() { return ids.length; }
}
