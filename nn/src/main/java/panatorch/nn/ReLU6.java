package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** ReLU limited to 6, {@code min(max(0, x), 6)}, any shape (Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10). */
public final class ReLU6 extends Module {
    private final boolean inplace;

    public ReLU6() { this(false); }

    /** @param inplace whether to overwrite the input */
    public ReLU6(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.relu6_(input) : Aten.relu6(input); }

    @Override protected Module recreate() { return new ReLU6(inplace); }

    @Override protected String describe() { return inplace ? "inplace=True" : ""; }
}
