package panatorch.nn.functional;

/** What becomes of the losses of single elements, in libtorch's order. */
public enum Reduction {
    NONE, MEAN, SUM
}
