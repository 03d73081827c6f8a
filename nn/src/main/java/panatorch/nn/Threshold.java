package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Threshold: {@code x} where above the threshold, else the value; any shape. */
public final class Threshold extends Module {
    private final double threshold, value;
    private final boolean inplace;

    public Threshold(double threshold, double value) { this(threshold, value, false); }

    /** @param inplace whether to overwrite the input */
    public Threshold(double threshold, double value, boolean inplace) {
        this.threshold = threshold;
        this.value = value;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) {
        return inplace ? Aten.threshold_(input, threshold, value) : Aten.threshold(input, threshold, value);
    }

    @Override protected Module recreate() { return new Threshold(threshold, value, inplace); }

    @Override protected String describe() {
        return "threshold=" + Repr.of(threshold) + ", value=" + Repr.of(value) + (inplace ? ", inplace=True" : "");
    }
}
