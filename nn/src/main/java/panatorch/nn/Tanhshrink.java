package panatorch.nn;

import panatorch.Tensor;

/** Tanh shrinkage {@code x − tanh(x)}, any shape. */
public final class Tanhshrink extends Module {
    @Override public Tensor forward(Tensor input) { return input.sub(input.tanh()); }

    @Override protected Module recreate() { return new Tanhshrink(); }
}
