package panatorch.distributions;

import java.util.Arrays;
import java.util.function.Supplier;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A batch of independent probability distributions of one kind. {@code batchShape} is the shape of the batch, and {@code eventShape} that
 * of one draw of one of them: [] for numbers, [N] for vectors. Draws are [sampleShape, batchShape, eventShape], log-probabilities and
 * entropies [batchShape].
 *
 * <pre>{@code
 * try (var scope = Scope.open()) {
 *     var policy = Categorical.ofLogits(net.call(state));
 *     Tensor action = policy.sample();
 *     policy.logProb(action).mul(reward).mean().neg().backward();
 * }
 * }</pre>
 *
 * <p>
 * Lifetime: a distribution owns nothing and is not closed. It borrows the tensors that it is given, and what it computes from them when it
 * is made (broadcast views, normalised logits) belongs to the scope that is open then. So it may be used until that scope, or that of its
 * parameters, closes. Results belong to the scope of the call; everything in between is freed before the call returns. A result may be a
 * parameter itself, as {@code mean()} of a {@link Normal} is.
 *
 * <p>
 * Parameters and values are checked, unless {@link NoValidation} says otherwise: an {@link IllegalArgumentException} names the parameter,
 * an offending value and the constraint. What a kind of distribution does not have is an {@link UnsupportedOperationException}. From the
 * same seed, draws equal Python's. Several threads may use one distribution.
 *
 * <p>
 * A distribution of one's own overrides {@code compute…} and {@code draw…}; these run in a scope of their own.
 */
public abstract class Distribution {
    private static volatile boolean validatesByDefault = true;

    private final long[] batchShape, eventShape;
    private final NoValidation.Checks checks = NoValidation.current();

    /**
     * Creates a distribution.
     *
     * @param batchShape shape of the batch of distributions
     * @param eventShape shape of one draw of one distribution
     */
    protected Distribution(long[] batchShape, long... eventShape) {
        this.batchShape = batchShape.clone();
        this.eventShape = eventShape.clone();
    }

    /** Sets whether distributions check parameters and values where no {@link NoValidation} block is entered. They do at first. */
    public static void setDefaultValidateArgs(boolean validate) {
        validatesByDefault = validate;
    }

    static boolean validatesByDefault() { return validatesByDefault; }

    /** Returns the shape of the batch of distributions. */
    public final long[] batchShape() { return batchShape.clone(); }

    /** Returns the shape of one draw of one distribution. */
    public final long[] eventShape() { return eventShape.clone(); }

    /** Returns the set of values that may be drawn. It borrows the parameters, as this distribution does. */
    public abstract Constraint support();

    /**
     * Returns this distribution with parameters that are views of this one's, expanded to a larger batch.
     *
     * @param batchShape the new shape, to which the present one can be broadcast
     */
    public abstract Distribution expand(long... batchShape);

    /** Returns whether {@link #rsample} exists: draws that can be differentiated by the parameters. */
    public boolean hasRsample() {
        return false;
    }

    /** Returns whether {@link #enumerateSupport} exists. */
    public boolean hasEnumerateSupport() { return false; }

    /** Returns draws without a gradient, [sampleShape, batchShape, eventShape]. */
    public final Tensor sample(long... sampleShape) {
        try (var noGrad = NoGrad.enter()) {
            return within(() -> drawSample(sampleShape));
        }
    }

    /** Returns draws that can be differentiated by the parameters (the reparametrisation trick), [sampleShape, batchShape, eventShape]. */
    public final Tensor rsample(long... sampleShape) {
        return within(() -> drawRsample(sampleShape));
    }

    /**
     * Draws and their log-probabilities.
     *
     * @param value [sampleShape, batchShape, eventShape]
     * @param logProb [sampleShape, batchShape]
     */
    public record Draw(Tensor value, Tensor logProb) {}

    /**
     * Returns draws that can be differentiated by the parameters, together with their log-probabilities.
     *
     * <p>
     * The same numbers as {@link #rsample} and {@link #logProb} give, but a {@link TransformedDistribution} computes the log-probability on
     * the way and inverts nothing. So it is exact where the inverse is not: a draw of 10 that a hyperbolic tangent squashes is 1 in
     * float32, whose inverse is infinite. In Python transforms with {@code cache_size=1} are for this.
     *
     * @return tensors of the current scope
     * @throws UnsupportedOperationException if there is no {@code rsample}, or a transform has no log-determinant
     */
    public final Draw rsampleWithLogProb(long... sampleShape) {
        try (var scope = Scope.open()) {
            Draw draw = drawWithLogProb(sampleShape);
            return new Draw(scope.move(draw.value), scope.move(draw.logProb));
        }
    }

    /**
     * Returns the logarithms of probability densities, or of probabilities of discrete values.
     *
     * @param value values that can be broadcast to [*, batchShape, eventShape]
     * @return [*, batchShape]
     */
    public final Tensor logProb(Tensor value) {
        return within(() -> computeLogProb(checked(value)));
    }

    /** Returns the entropies, in nats, [batchShape]. */
    public final Tensor entropy() { return within(this::computeEntropy); }

    /** Returns the exponential of the entropies, [batchShape]. */
    public final Tensor perplexity() {
        return within(() -> computeEntropy().exp());
    }

    /** Returns the probabilities of values up to {@code value}. */
    public final Tensor cdf(Tensor value) {
        return within(() -> computeCdf(checked(value)));
    }

    /**
     * Returns the values up to which the probability is {@code probability}: the inverse of {@link #cdf}.
     *
     * @param probability numbers from 0 to 1, which are not checked
     */
    public final Tensor icdf(Tensor probability) {
        return within(() -> computeIcdf(probability));
    }

    /** Returns the means, [batchShape, eventShape]. */
    public final Tensor mean() { return within(this::computeMean); }

    /** Returns the most probable values, [batchShape, eventShape]. */
    public final Tensor mode() { return within(this::computeMode); }

    /** Returns the variances, [batchShape, eventShape]. */
    public final Tensor variance() { return within(this::computeVariance); }

    /** Returns the standard deviations, [batchShape, eventShape]. */
    public final Tensor stddev() { return within(this::computeStddev); }

    /** Returns all values of a discrete distribution, [number, batchShape, eventShape]. */
    public final Tensor enumerateSupport() {
        return enumerateSupport(true);
    }

    /**
     * Returns all values of a discrete distribution.
     *
     * @param expand whether to repeat them over the batch; else its dimensions have size 1
     */
    public final Tensor enumerateSupport(boolean expand) {
        return within(() -> {
            Tensor values = computeSupport();
            long[] ones = new long[batchShape.length];
            Arrays.fill(ones, 1);
            values = values.reshape(Shapes.concat(new long[] {values.size(0)}, ones, eventShape));
            return expand ? values.expand(Shapes.concat(new long[] {values.size(0)}, batchShape, eventShape)) : values;
        });
    }

    /** Draws for {@link #sample}, within {@link NoGrad}. */
    protected Tensor drawSample(long[] sampleShape) {
        return drawRsample(sampleShape);
    }

    /** Draws for {@link #rsample}. */
    protected Tensor drawRsample(long[] sampleShape) {
        throw missing("rsample; use sample, and logProb for a gradient");
    }

    /** Draws for {@link #rsampleWithLogProb}. */
    protected Draw drawWithLogProb(long[] sampleShape) {
        Tensor value = drawRsample(sampleShape);
        return new Draw(value, computeLogProb(value));
    }

    /** Computes {@link #logProb} of checked values. */
    protected abstract Tensor computeLogProb(Tensor value);

    /** Computes {@link #entropy}. */
    protected Tensor computeEntropy() { throw missing("entropy"); }

    /** Computes {@link #cdf} of checked values. */
    protected Tensor computeCdf(Tensor value) { throw missing("cdf"); }

    /** Computes {@link #icdf}. */
    protected Tensor computeIcdf(Tensor probability) { throw missing("icdf"); }

    /** Computes {@link #mean}. */
    protected Tensor computeMean() { throw missing("mean"); }

    /** Computes {@link #mode}. */
    protected Tensor computeMode() { throw missing("mode"); }

    /** Computes {@link #variance}. */
    protected Tensor computeVariance() { throw missing("variance"); }

    /** Computes {@link #stddev}. */
    protected Tensor computeStddev() { return computeVariance().sqrt(); }

    /** Computes the values of {@link #enumerateSupport}, [number, eventShape]. */
    protected Tensor computeSupport() {
        throw missing("enumerateSupport");
    }

    /** Returns the shape [sampleShape, batchShape, eventShape]. */
    protected final long[] extended(long... sampleShape) {
        return Shapes.concat(sampleShape, batchShape, eventShape);
    }

    /**
     * Checks a parameter while a distribution is made.
     *
     * @throws IllegalArgumentException if an element violates the constraint
     */
    protected final void require(String parameter, Tensor value, Constraint constraint) {
        if (checks == NoValidation.Checks.ALL) check("parameter " + parameter + " of " + name(), value, constraint);
    }

    /** Makes a distribution from this one's valid parameters: they are not checked again, and values are as they are by this one. */
    protected final <D extends Distribution> D derive(Supplier<D> make) {
        try (var valid = NoValidation.ofParameters(validatesValues())) {
            return make.get();
        }
    }

    final boolean validatesValues() { return checks != NoValidation.Checks.NONE; }

    /** Returns {@code value} after it was checked against this distribution's shape and support, if values are. */
    final Tensor checked(Tensor value) {
        if (!validatesValues()) return value;
        long[] shape = value.shape(), wanted = extended();
        int n = eventShape.length;
        boolean fits = shape.length >= n && Arrays.equals(shape, shape.length - n, shape.length, eventShape, 0, n);
        for (int i = 1; fits && i <= Math.min(shape.length, wanted.length); i++) {
            long a = shape[shape.length - i], b = wanted[wanted.length - i];
            fits = a == b || i > n && (a == 1 || b == 1);
        }
        if (!fits)
            throw new IllegalArgumentException("a value for " + this + " has to be broadcastable to [*, batchShape, eventShape] = [*, "
                    + Arrays.toString(batchShape) + ", " + Arrays.toString(eventShape) + "], not " + value.describe());
        check("a value for " + name(), value, support());
        return value;
    }

    private static void check(String what, Tensor value, Constraint constraint) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor valid = constraint.check(value);
            if (valid.all().itemBoolean()) return;
            long[] shape = value.shape();
            long[] event = Arrays.copyOfRange(shape, shape.length - constraint.eventDim(), shape.length);
            Tensor invalid = valid.reshape(-1).logicalNot();
            long first = invalid.nonzero().select(0, 0).itemLong();
            Tensor example = value.broadcastTo(Shapes.concat(valid.shape(), event)).reshape(Shapes.concat(new long[] {-1}, event))
                    .select(0, first).to(DType.FLOAT64);
            throw new IllegalArgumentException(what + ", " + value.describe() + ", has to satisfy the constraint " + constraint + ", but "
                    + invalid.sum().itemLong() + " of " + invalid.numel() + " do not, for example "
                    + (event.length == 0 ? String.valueOf(example.itemDouble()) : example.toString()));
        }
    }

    static Tensor within(Supplier<Tensor> result) {
        try (var scope = Scope.open()) {
            return scope.move(result.get());
        }
    }

    final UnsupportedOperationException missing(String what) { return new UnsupportedOperationException(name() + " has no " + what); }

    private String name() { return getClass().getSimpleName(); }

    @Override public String toString() {
        return name() + "(batchShape: " + Arrays.toString(batchShape) + ", eventShape: " + Arrays.toString(eventShape) + ")";
    }
}
