package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The logistic normal distribution of vectors of probabilities: stick-breaking of independent normal distributions. */
public final class LogisticNormal extends TransformedDistribution {
    private final Normal normal;

    private LogisticNormal(Normal normal) {
        super(normal, List.of(StickBreakingTransform.of()));
        this.normal = normal;
    }

    /** Returns distributions with means [*, N] and standard deviations [*, N] before the transform; vectors are [N + 1]. */
    public static LogisticNormal of(Tensor loc, Tensor scale) {
        var normal = Normal.of(loc, scale);
        return new LogisticNormal(normal.loc().dim() == 0 ? normal.expand(1) : normal);
    }

    /** Returns the means before the transform. */
    public Tensor loc() { return normal.loc(); }

    /** Returns the standard deviations before the transform. */
    public Tensor scale() { return normal.scale(); }

    @Override public Constraint support() { return Constraints.SIMPLEX; }

    @Override public LogisticNormal expand(long... batchShape) {
        return derive(() -> new LogisticNormal(normal.expand(Shapes.concat(batchShape, Shapes.last(normal.batchShape(), 1)))));
    }
}
