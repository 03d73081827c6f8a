package panatorch.distributions;

import java.util.Arrays;
import panatorch.Tensor;

/**
 * A mixture of distributions of one kind: a draw of {@code mixture} chooses one of the last batch dimension of {@code components}.
 *
 * <pre>{@code
 * var mixture = MixtureSameFamily.of(Categorical.ofLogits(weights), Normal.of(means, deviations));     // each [*, K]
 * }</pre>
 */
public final class MixtureSameFamily extends Distribution {
    private final Categorical mixture;
    private final Distribution components;
    private final int dims;

    private MixtureSameFamily(Categorical mixture, Distribution components) {
        long[] batch = components.batchShape();
        if (batch.length == 0 || batch[batch.length - 1] != mixture.numEvents())
            throw new IllegalArgumentException(
                    "a mixture of " + mixture.numEvents() + " components needs as many in the last dimension of the"
                            + " components' batchShape, which is " + Arrays.toString(batch));
        super(Shapes.dropLast(batch, 1), components.eventShape());
        Shapes.broadcast(mixture.batchShape(), batchShape());
        this.mixture = mixture;
        this.components = components;
        dims = components.eventShape().length;
    }

    /**
     * Returns mixtures [*] of K components.
     *
     * @param mixture the components' probabilities [*, K]
     * @param components distributions [*, K]
     */
    public static MixtureSameFamily of(Categorical mixture, Distribution components) {
        return new MixtureSameFamily(mixture, components);
    }

    /** Returns the distribution of the components' numbers. */
    public Categorical mixture() { return mixture; }

    /** Returns the components. */
    public Distribution components() { return components; }

    @Override public Constraint support() { return Constraints.mixture(components.support()); }

    @Override public MixtureSameFamily expand(long... batchShape) {
        return derive(() -> new MixtureSameFamily(mixture.expand(batchShape),
                components.expand(Shapes.concat(batchShape, new long[] {mixture.numEvents()}))));
    }

    private Tensor pad(Tensor x) { return x.unsqueeze(-1 - dims); }

    /** The probabilities with dimensions of size 1 for the event. */
    private Tensor weights() {
        Tensor p = mixture.probs();
        for (int i = 0; i < dims; i++) p = p.unsqueeze(-1);
        return p;
    }

    @Override protected Tensor drawSample(long[] sampleShape) {
        Tensor chosen = mixture.drawSample(sampleShape), draws = components.drawSample(sampleShape);
        int at = sampleShape.length + batchShape().length;
        Tensor index = chosen.expand(Shapes.concat(sampleShape, batchShape())).unsqueeze(-1);
        for (int i = 0; i < dims; i++) index = index.unsqueeze(-1);
        return draws.gather(at, index.expand(Shapes.concat(sampleShape, batchShape(), new long[] {1}, eventShape()))).squeeze((long) at);
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        return components.computeLogProb(pad(value)).add(mixture.logits().logSoftmax(-1)).logsumexp(-1L);
    }

    @Override protected Tensor computeCdf(Tensor value) { return components.computeCdf(pad(value)).mul(mixture.probs()).sum(-1); }

    @Override protected Tensor computeMean() { return weights().mul(components.computeMean()).sum(-1 - dims); }

    @Override protected Tensor computeVariance() {
        Tensor within = weights().mul(components.computeVariance()).sum(-1 - dims);
        return within.add(weights().mul(components.computeMean().sub(pad(computeMean())).pow(2)).sum(-1 - dims));
    }
}
