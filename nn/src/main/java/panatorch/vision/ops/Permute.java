package panatorch.vision.ops;

import panatorch.Tensor;
import panatorch.nn.Module;

/** A view with the dimensions in another order, as a layer. */
public final class Permute extends Module {
    private final long[] dims;

    /** @param dims the input's dimension for each of the result */
    public Permute(long... dims) {
        this.dims = dims.clone();
    }

    @Override public Tensor forward(Tensor input) { return input.permute(dims); }

    @Override protected Module recreate() { return new Permute(dims); }
}
