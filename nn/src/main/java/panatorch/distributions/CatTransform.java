package panatorch.distributions;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import panatorch.Aten;
import panatorch.Tensor;

/** Transforms of consecutive parts of a dimension. */
public final class CatTransform extends Transform {
    private final List<Transform> parts;
    private final long dim;
    private final long[] lengths;

    private CatTransform(List<? extends Transform> parts, long dim, long... lengths) {
        this.parts = List.copyOf(parts);
        this.dim = dim;
        this.lengths = lengths;
    }

    /**
     * Returns the transform that applies parts one by one.
     *
     * @param dim the dimension
     * @param lengths size of each part
     */
    public static CatTransform of(List<? extends Transform> parts, long dim, long... lengths) {
        if (lengths.length != parts.size())
            throw new IllegalArgumentException(parts.size() + " transforms need as many lengths, not " + lengths.length);
        return new CatTransform(parts, dim, lengths.clone());
    }

    @Override public Constraint domain() { return Constraints.cat(parts.stream().map(Transform::domain).toList(), dim, lengths); }

    @Override public Constraint codomain() { return Constraints.cat(parts.stream().map(Transform::codomain).toList(), dim, lengths); }

    @Override public boolean isBijective() { return parts.stream().allMatch(Transform::isBijective); }

    private List<Tensor> split(Tensor t) {
        long size = LongStream.of(lengths).sum();
        if (t.size(dim) != size)
            throw new IllegalArgumentException("dimension " + dim + " has to have size " + size + ", not " + t.describe());
        return t.splitWithSizes(lengths, dim);
    }

    private Tensor joined(Tensor t, BiFunction<Transform, Tensor, Tensor> map) {
        List<Tensor> in = split(t), out = new ArrayList<>();
        for (int i = 0; i < in.size(); i++) out.add(map.apply(parts.get(i), in.get(i)));
        return Aten.cat(out, dim);
    }

    @Override protected Tensor computeForward(Tensor x) { return joined(x, Transform::computeForward); }

    @Override protected Tensor computeInverse(Tensor y) { return joined(y, Transform::computeInverse); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) {
        List<Tensor> xs = split(x), ys = split(y), out = new ArrayList<>();
        int events = domain().eventDim();
        for (int i = 0; i < xs.size(); i++) {
            Transform t = parts.get(i);
            out.add(Shapes.sumRightmost(t.computeLogDet(xs.get(i), ys.get(i)), events - t.domain().eventDim()));
        }
        long at = (dim < 0 ? dim : dim - x.dim()) + events;
        return at < 0 ? Aten.cat(out, at) : out.stream().reduce(Tensor::add).orElseThrow();
    }
}
