package panatorch.nn;

/**
 * A module that differs between training and evaluation only in drawing random numbers: put in training mode alone, in a network that
 * evaluates, it makes each call a sample (Monte-Carlo dropout), and changes no statistics.
 */
public interface Stochastic {
    /** Whether it would draw in training, as it is set now. */
    default boolean draws() { return true; }
}
