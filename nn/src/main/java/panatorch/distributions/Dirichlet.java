package panatorch.distributions;

import java.util.List;
import panatorch.Aten;
import panatorch.Function;
import panatorch.Tensor;

/** The Dirichlet distribution over vectors of probabilities, with {@code concentration} [*, C]. */
public final class Dirichlet extends Distribution {
    private final Tensor concentration;

    private Dirichlet(Tensor concentration) {
        if (concentration.dim() < 1)
            throw new IllegalArgumentException("concentration of Dirichlet has to be [*, C], not " + concentration.describe());
        super(Shapes.dropLast(concentration.shape(), 1), concentration.size(-1));
        this.concentration = concentration;
        require("concentration", concentration, Constraints.independent(Constraints.POSITIVE, 1));
    }

    /**
     * Returns Dirichlet distributions.
     *
     * @param concentration numbers above 0, [*, C]
     */
    public static Dirichlet of(Tensor concentration) { return new Dirichlet(concentration); }

    /** Returns the concentrations. */
    public Tensor concentration() { return concentration; }

    @Override public Constraint support() { return Constraints.SIMPLEX; }

    @Override public Dirichlet expand(long... batchShape) {
        return derive(() -> new Dirichlet(concentration.expand(Shapes.concat(batchShape, eventShape()))));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) { return new Draw().apply(concentration.expand(extended(sampleShape))); }

    /** A draw with its gradient by the concentrations, which libtorch's operator lacks. */
    private static final class Draw extends Function {
        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor concentration = inputs.getFirst(), x = Aten._sampleDirichlet(concentration);
            context.save(x, concentration);
            return List.of(x);
        }

        @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
            Tensor x = context.saved().get(0), concentration = context.saved().get(1), g = gradients.getFirst();
            Tensor total = concentration.sum(-1, true).expandAs(concentration);
            return List.of(Aten._dirichletGrad(x, concentration, total).mul(g.sub(x.mul(g).sum(-1, true))));
        }
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        return concentration.sub(1).xlogy(value).sum(-1).add(concentration.sum(-1).lgamma()).sub(concentration.lgamma().sum(-1));
    }

    @Override protected Tensor computeEntropy() {
        Tensor total = concentration.sum(-1);
        return concentration.lgamma().sum(-1).sub(total.lgamma()).sub(total.rsub(concentration.size(-1)).mul(total.digamma()))
                .sub(concentration.sub(1).mul(concentration.digamma()).sum(-1));
    }

    @Override protected Tensor computeMean() { return concentration.div(concentration.sum(-1, true)); }

    /** Returns the mode; where all concentrations are below 1, the corner of the simplex with the largest one. */
    @Override protected Tensor computeMode() {
        Tensor excess = concentration.sub(1).clampMin(0), mode = excess.div(excess.sum(-1, true));
        Tensor corner = mode.argmax(-1L).oneHot(concentration.size(-1)).to(mode.dtype());
        return Aten.where(concentration.lt(1).all(-1, true), corner, mode);
    }

    @Override protected Tensor computeVariance() {
        Tensor total = concentration.sum(-1, true);
        return concentration.mul(total.sub(concentration)).div(total.pow(2).mul(total.add(1)));
    }
}
