package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Parametric ReLU: {@code x} where positive, else {@code a · x} with a learned {@code a}, one for all or one for each channel of [N, C, …]
 * (He et al., 2015, arXiv:1502.01852). Parameter: {@code weight} [n].
 */
public final class PReLU extends Module {
    private final long n;

    public PReLU() { this(1, 0.25); }

    /**
     * Creates the activation.
     *
     * @param n 1, or the number of channels
     * @param initial initial value of {@code a}
     */
    public PReLU(long n, double initial) {
        this.n = n;
        parameter("weight", Torch.full(new long[] {n}, initial));
    }

    @Override public Tensor forward(Tensor input) { return Aten.prelu(input, parameter("weight")); }

    @Override protected Module recreate() { return new PReLU(n, 0); }

    @Override protected String describe() { return "num_parameters=" + n; }
}
