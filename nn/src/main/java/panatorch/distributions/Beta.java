package panatorch.distributions;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** The beta distribution of numbers from 0 to 1 with concentrations α = {@code concentration1} and β = {@code concentration0}. */
public final class Beta extends Distribution {
    private final Dirichlet dirichlet;

    private Beta(Dirichlet dirichlet) {
        super(dirichlet.batchShape());
        this.dirichlet = dirichlet;
    }

    /** Returns beta distributions; both concentrations are above 0 and are broadcast. */
    public static Beta of(Tensor concentration1, Tensor concentration0) {
        return new Beta(Dirichlet.of(Aten.stack(Shapes.broadcast(concentration1, concentration0), -1)));
    }

    /** Returns one beta distribution, in the default type. */
    public static Beta of(double concentration1, double concentration0) {
        return of(Shapes.number(concentration1), Shapes.number(concentration0));
    }

    /** Returns α. */
    public Tensor concentration1() { return dirichlet.concentration().select(-1, 0); }

    /** Returns β. */
    public Tensor concentration0() { return dirichlet.concentration().select(-1, 1); }

    @Override public Constraint support() { return Constraints.UNIT_INTERVAL; }

    @Override public Beta expand(long... batchShape) {
        return derive(() -> new Beta(dirichlet.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) { return dirichlet.drawRsample(sampleShape).select(-1, 0); }

    @Override protected Tensor computeLogProb(Tensor value) {
        return dirichlet.computeLogProb(Aten.stack(List.of(value, value.rsub(1)), -1));
    }

    @Override protected Tensor computeEntropy() { return dirichlet.computeEntropy(); }

    @Override protected Tensor computeMean() { return concentration1().div(concentration1().add(concentration0())); }

    @Override protected Tensor computeMode() { return dirichlet.computeMode().select(-1, 0); }

    @Override protected Tensor computeVariance() {
        Tensor a = concentration1(), b = concentration0(), total = a.add(b);
        return a.mul(b).div(total.pow(2).mul(total.add(1)));
    }
}
