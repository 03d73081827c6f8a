package panatorch.func;

/** The random numbers of an operator inside {@code vmap}: {@code randomness} of {@code torch.func.vmap}. */
public enum Randomness {
    /** A random operator is an error, as the two others would both be a surprise. The default. */
    ERROR,
    /** Every sample gets the same numbers. */
    SAME,
    /** Every sample gets numbers of its own. */
    DIFFERENT
}
