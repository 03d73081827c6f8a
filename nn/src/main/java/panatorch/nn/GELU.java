package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;

/**
 * Gaussian error linear unit {@code x Φ(x)}, with Φ the normal distribution function, any shape (Hendrycks and Gimpel 2016,
 * arXiv:1606.08415).
 */
public final class GELU extends Module {
    private final String approximate;

    public GELU() { this("none"); }

    /** @param approximate {@code none}, or {@code tanh} for the formula with a hyperbolic tangent */
    public GELU(String approximate) {
        if (!approximate.equals("none") && !approximate.equals("tanh"))
            throw new IllegalArgumentException("the approximation has to be none or tanh, not " + approximate);
        this.approximate = approximate;
    }

    @Override public Tensor forward(Tensor input) { return Nn.gelu(input, approximate); }

    @Override protected Module recreate() { return new GELU(approximate); }

    @Override protected String describe() { return "approximate=" + Repr.of((Object) approximate); }
}
