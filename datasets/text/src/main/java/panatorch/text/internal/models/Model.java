package panatorch.text.internal.models;

import org.jspecify.annotations.Nullable;

/** What turns a piece of text into tokens. Immutable but for caches, for any number of threads. */
public interface Model {
    /** Returns the tokens of a range of chars that is not empty. */
    Tokens tokenize(char[] chars, int from, int to);

    /** Returns the id of a token, or -1. */
    int id(String token);

    /** Returns the token of an id, or null. */
    @Nullable String token(int id);

    /** Returns the number of tokens. */
    int size();
}
