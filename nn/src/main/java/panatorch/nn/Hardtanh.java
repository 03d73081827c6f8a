package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Clamps {@code x} to [min, max], any shape. */
public final class Hardtanh extends Module {
    private final double min, max;
    private final boolean inplace;

    public Hardtanh() { this(-1, 1, false); }

    public Hardtanh(double min, double max) { this(min, max, false); }

    /** @param inplace whether to overwrite the input */
    public Hardtanh(double min, double max, boolean inplace) {
        this.min = min;
        this.max = max;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.hardtanh_(input, min, max) : Aten.hardtanh(input, min, max); }

    @Override protected Module recreate() { return new Hardtanh(min, max, inplace); }

    @Override protected String describe() {
        return "min_val=" + Repr.of(min) + ", max_val=" + Repr.of(max) + (inplace ? ", inplace=True" : "");
    }
}
