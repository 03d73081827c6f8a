package panatorch.nn;

import panatorch.Tensor;

/** {@link Softmax} over the channels at each pixel of [N, C, H, W] or [C, H, W]. */
public final class Softmax2d extends Module {
    @Override public Tensor forward(Tensor input) {
        if (input.dim() != 3 && input.dim() != 4)
            throw new IllegalArgumentException("Softmax2d takes [N, C, H, W] or [C, H, W], not " + input.describe());
        return input.softmax(-3);
    }

    @Override protected Module recreate() { return new Softmax2d(); }
}
