package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Smooth L1 loss: {@code (x − y)² / 2β} where {@code |x − y| < β}, else {@code |x − y| − β/2} (Girshick 2015, arXiv:1504.08083). */
public final class SmoothL1Loss extends Loss {
    private final double beta;

    public SmoothL1Loss() { this(1, Reduction.MEAN); }

    public SmoothL1Loss(Reduction reduction) { this(1, reduction); }

    public SmoothL1Loss(double beta, Reduction reduction) {
        super(reduction);
        this.beta = beta;
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return beta == 0 ? Nn.l1Loss(input, target, code()) : Nn.smoothL1Loss(input, target, code(), beta);
    }

    @Override protected Module recreate() { return new SmoothL1Loss(beta, reduction); }
}
