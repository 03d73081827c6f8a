package panatorch.nn.functional;

import panatorch.Tensor;

/** The reduction of the losses of single elements, in libtorch's order. */
public enum Reduction {
    NONE, MEAN, SUM;

    /** Returns {@code losses} as they are, their mean or their sum. */
    public Tensor of(Tensor losses) {
        return switch (this) {
            case NONE -> losses;
            case MEAN -> losses.mean();
            case SUM -> losses.sum();
        };
    }
}
