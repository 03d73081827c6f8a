package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Leaky ReLU: {@code x} where positive, else {@code slope · x}, any shape (Maas et al., 2013). */
public final class LeakyReLU extends Module {
    private final double slope;
    private final boolean inplace;

    public LeakyReLU() { this(0.01, false); }

    public LeakyReLU(double slope) { this(slope, false); }

    /** @param inplace whether to overwrite the input */
    public LeakyReLU(double slope, boolean inplace) {
        this.slope = slope;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.leakyRelu_(input, slope) : Aten.leakyRelu(input, slope); }

    @Override protected Module recreate() { return new LeakyReLU(slope, inplace); }

    @Override protected String describe() { return "negative_slope=" + Repr.of(slope) + (inplace ? ", inplace=True" : ""); }
}
