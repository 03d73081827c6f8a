package panatorch.distributions;

import panatorch.Tensor;
import panatorch.Torch;

/** The map y = loc + scale · x. */
public final class AffineTransform extends Transform {
    private final Tensor loc, scale;
    private final int eventDim;
    /** Whether the parameters are numbers, which take the type of the values. */
    private final boolean areNumbers;

    private AffineTransform(Tensor loc, Tensor scale, int eventDim, boolean areNumbers) {
        this.areNumbers = areNumbers;
        this.loc = loc;
        this.scale = scale;
        this.eventDim = eventDim;
    }

    /** Returns the map of numbers; both parameters are broadcast with values. */
    public static AffineTransform of(Tensor loc, Tensor scale) {
        return of(loc, scale, 0);
    }

    /** Returns the map of numbers, in the type of the values. */
    public static AffineTransform of(double loc, double scale) {
        return new AffineTransform(Torch.tensor(loc), Torch.tensor(scale), 0, true);
    }

    /**
     * Returns the map of events.
     *
     * @param eventDim number of dimensions of an event
     */
    public static AffineTransform of(Tensor loc, Tensor scale, int eventDim) { return new AffineTransform(loc, scale, eventDim, false); }

    @Override public Constraint domain() { return eventDim == 0 ? Constraints.REAL : Constraints.independent(Constraints.REAL, eventDim); }

    @Override public Constraint codomain() { return domain(); }

    @Override public long[] forwardShape(long... shape) { return Shapes.broadcast(shape, loc.shape(), scale.shape()); }

    @Override public long[] inverseShape(long... shape) { return forwardShape(shape); }

    private Tensor typed(Tensor parameter, Tensor values) { return areNumbers ? parameter.to(values.dtype()) : parameter; }

    @Override protected Tensor computeForward(Tensor x) { return typed(loc, x).add(typed(scale, x).mul(x)); }

    @Override protected Tensor computeInverse(Tensor y) { return y.sub(typed(loc, y)).div(typed(scale, y)); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) {
        return Shapes.sumRightmost(typed(scale, x).abs().log().expand(Shapes.broadcast(x.shape(), scale.shape())), eventDim);
    }

    @Override protected Tensor sign() { return scale.sign(); }

    @Override protected boolean isSameAs(Transform other) {
        return other instanceof AffineTransform a && loc.eq(a.loc).all().itemBoolean() && scale.eq(a.scale).all().itemBoolean();
    }
}
