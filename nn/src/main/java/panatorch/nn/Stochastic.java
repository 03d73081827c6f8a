package panatorch.nn;

/**
 * A module that differs between training and evaluation only by drawing random numbers. If it alone is in training mode, in a network that
 * evaluates, each call is a sample (Monte-Carlo dropout), and no statistics change.
 */
public interface Stochastic {
    /** Returns whether the module would draw in training with its current settings. */
    default boolean draws() { return true; }
}
