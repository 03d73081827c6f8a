package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Logarithm of the sigmoid, {@code log(1 / (1 + exp(−x)))}, any shape. */
public final class LogSigmoid extends Module {
    @Override public Tensor forward(Tensor input) { return Aten.logSigmoid(input); }

    @Override protected Module recreate() { return new LogSigmoid(); }
}
