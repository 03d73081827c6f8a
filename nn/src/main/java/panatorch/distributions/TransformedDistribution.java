package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/**
 * The distribution of f(x) for draws x of another distribution and transforms f.
 *
 * <pre>{@code
 * var squashed = TransformedDistribution.of(Normal.of(mean, deviation), List.of(TanhTransform.of()));
 * }</pre>
 */
public sealed class TransformedDistribution extends Distribution
        permits Gumbel, HalfCauchy, HalfNormal, InverseGamma, Kumaraswamy, LogNormal, LogisticNormal, Pareto, RelaxedBernoulli,
        RelaxedOneHotCategorical, Weibull {
    private final Distribution base;
    private final List<Transform> transforms;

    TransformedDistribution(Distribution given, List<? extends Transform> transforms) {
        var all = ComposeTransform.of(transforms);
        int domain = all.domain().eventDim(), codomain = all.codomain().eventDim(), events = given.eventShape().length;
        long[] shape = Shapes.concat(given.batchShape(), given.eventShape());
        if (shape.length < domain)
            throw new IllegalArgumentException(all + " needs values of at least " + domain + " dimensions, but those of " + given + " have "
                    + shape.length);
        long[] out = all.forwardShape(shape), wider = all.inverseShape(out);
        Distribution b = java.util.Arrays.equals(shape, wider) ? given : given.expand(Shapes.dropLast(wider, events));
        if (domain > events) b = Independent.of(b, domain - events);
        int outEvents = Math.max(codomain, events + codomain - domain);
        super(Shapes.dropLast(out, outEvents), Shapes.last(out, outEvents));
        base = b;
        this.transforms = List.copyOf(transforms);
    }

    /**
     * Returns the distribution of transformed draws.
     *
     * @param transforms applied one after the other, the first one first
     */
    public static TransformedDistribution of(Distribution base, List<? extends Transform> transforms) {
        return new TransformedDistribution(base, transforms);
    }

    /** Returns the distribution before the transforms, with the batch and event shapes that these need. */
    public final Distribution base() {
        return base;
    }

    /** Returns the transforms, in order. */
    public final List<Transform> transforms() { return transforms; }

    /** Returns the base of this one's expansion to {@code batchShape}. */
    final Distribution expandedBase(long... batchShape) {
        long[] shape = ComposeTransform.of(transforms).inverseShape(Shapes.concat(batchShape, eventShape()));
        return base.expand(Shapes.dropLast(shape, base.eventShape().length));
    }

    @Override public TransformedDistribution expand(long... batchShape) {
        return derive(() -> new TransformedDistribution(expandedBase(batchShape), transforms));
    }

    @Override public Constraint support() {
        if (transforms.isEmpty()) return base.support();
        Constraint support = transforms.getLast().codomain();
        int missing = eventShape().length - support.eventDim();
        return missing > 0 ? Constraints.independent(support, missing) : support;
    }

    @Override public boolean hasRsample() { return base.hasRsample(); }

    private Tensor transformed(Tensor x) {
        Tensor y = x;
        for (Transform t : transforms) y = t.computeForward(y);
        return y;
    }

    @Override protected final Tensor drawSample(long[] sampleShape) { return transformed(base.drawSample(sampleShape)); }

    @Override protected final Tensor drawRsample(long[] sampleShape) { return transformed(base.drawRsample(sampleShape)); }

    @Override protected final Draw drawWithLogProb(long[] sampleShape) {
        if (!transforms.stream().allMatch(Transform::isBijective)) return super.drawWithLogProb(sampleShape);
        Draw draw = base.drawWithLogProb(sampleShape);
        int dims = eventShape().length;
        for (Transform t : transforms) dims += t.domain().eventDim() - t.codomain().eventDim();
        Tensor x = draw.value(), sum = Shapes.sumRightmost(draw.logProb(), dims - base.eventShape().length);
        for (Transform t : transforms) {
            Tensor y = t.computeForward(x);
            sum = sum.sub(Shapes.sumRightmost(t.computeLogDet(x, y), dims - t.domain().eventDim()));
            dims += t.codomain().eventDim() - t.domain().eventDim();
            x = y;
        }
        return new Draw(x, sum);
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        int dims = eventShape().length;
        Tensor y = value, sum = null;
        for (Transform t : transforms.reversed()) {
            Tensor x = t.computeInverse(y);
            dims += t.domain().eventDim() - t.codomain().eventDim();
            Tensor term = Shapes.sumRightmost(t.computeLogDet(x, y), dims - t.domain().eventDim());
            sum = sum == null ? term.neg() : sum.sub(term);
            y = x;
        }
        Tensor last = Shapes.sumRightmost(base.computeLogProb(y), dims - base.eventShape().length);
        return sum == null ? last : sum.add(last);
    }

    private Tensor increasing(Tensor probability) {
        Tensor sign = ComposeTransform.product(transforms);
        return sign == null ? probability : sign.to(probability.dtype()).mul(probability.sub(0.5)).add(0.5);
    }

    @Override protected Tensor computeCdf(Tensor value) {
        Tensor x = value;
        for (Transform t : transforms.reversed()) x = t.computeInverse(x);
        return increasing(base.computeCdf(x));
    }

    @Override protected Tensor computeIcdf(Tensor probability) { return transformed(base.computeIcdf(increasing(probability))); }
}
