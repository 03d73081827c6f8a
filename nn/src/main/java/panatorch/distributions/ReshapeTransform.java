package panatorch.distributions;

import java.util.Arrays;
import java.util.stream.LongStream;
import panatorch.Tensor;

/** The map that reshapes the last dimensions of values. */
public final class ReshapeTransform extends Transform {
    private final long[] in, out;

    private ReshapeTransform(long[] in, long[] out) {
        this.in = in;
        this.out = out;
    }

    /**
     * Returns the map from events of one shape to events of another.
     *
     * @throws IllegalArgumentException if the shapes differ in their numbers of elements
     */
    public static ReshapeTransform of(long[] inShape, long[] outShape) {
        if (LongStream.of(inShape).reduce(1, (a, b) -> a * b) != LongStream.of(outShape).reduce(1, (a, b) -> a * b))
            throw new IllegalArgumentException(Arrays.toString(inShape) + " and " + Arrays.toString(outShape)
                    + " have different numbers of elements");
        return new ReshapeTransform(inShape.clone(), outShape.clone());
    }

    @Override public Constraint domain() { return Constraints.independent(Constraints.REAL, in.length); }

    @Override public Constraint codomain() { return Constraints.independent(Constraints.REAL, out.length); }

    @Override public long[] forwardShape(long... shape) { return reshaped(shape, in, out); }

    @Override public long[] inverseShape(long... shape) { return reshaped(shape, out, in); }

    private static long[] reshaped(long[] shape, long[] from, long[] to) {
        if (shape.length < from.length || !Arrays.equals(Shapes.last(shape, from.length), from))
            throw new IllegalArgumentException("the last dimensions of a value have to be " + Arrays.toString(from) + ", not those of "
                    + Arrays.toString(shape));
        return Shapes.concat(Shapes.dropLast(shape, from.length), to);
    }

    @Override protected Tensor computeForward(Tensor x) { return x.reshape(forwardShape(x.shape())); }

    @Override protected Tensor computeInverse(Tensor y) { return y.reshape(inverseShape(y.shape())); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return x.newZeros(Shapes.dropLast(x.shape(), in.length)); }
}
