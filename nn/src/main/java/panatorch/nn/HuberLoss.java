package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Huber loss: {@code (x − y)² / 2} where {@code |x − y| < δ}, else {@code δ(|x − y| − δ/2)} (Huber 1964). */
public final class HuberLoss extends Loss {
    private final double delta;

    public HuberLoss() { this(1, Reduction.MEAN); }

    public HuberLoss(Reduction reduction) { this(1, reduction); }

    public HuberLoss(double delta, Reduction reduction) {
        super(reduction);
        this.delta = delta;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.huberLoss(input, target, code(), delta); }

    @Override protected Module recreate() { return new HuberLoss(delta, reduction); }
}
