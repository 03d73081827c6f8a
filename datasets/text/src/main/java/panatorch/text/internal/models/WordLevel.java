package panatorch.text.internal.models;

import org.jspecify.annotations.Nullable;

/**
 * A model whose tokens are whole pieces.
 *
 * @param vocabulary tokens
 * @param unknown token of a piece that is none
 */
record WordLevel(Vocabulary vocabulary, String unknown) implements Model {
    @Override public Tokens tokenize(char[] chars, int from, int to) {
        int id = vocabulary.table().get(chars, from, to);
        if (id < 0) id = vocabulary.id(unknown);
        if (id < 0)
            throw new IllegalStateException(
                    "\"" + new String(chars, from, Math.min(40, to - from)) + "\" is no token, and the vocabulary lacks the unknown token "
                            + unknown
                            + "; add it to model.vocab");
        return Tokens.single(id, to - from);
    }

    @Override public int id(String token) { return vocabulary.id(token); }

    @Override public @Nullable String token(int id) { return vocabulary.token(id); }

    @Override public int size() { return vocabulary.size(); }
}
