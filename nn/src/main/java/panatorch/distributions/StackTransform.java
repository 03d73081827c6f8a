package panatorch.distributions;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import panatorch.Aten;
import panatorch.Tensor;

/** Transforms of the slices along a dimension. */
public final class StackTransform extends Transform {
    private final List<Transform> slices;
    private final long dim;

    private StackTransform(List<? extends Transform> slices, long dim) {
        this.slices = List.copyOf(slices);
        this.dim = dim;
    }

    /**
     * Returns the transform that applies the i-th transform to the i-th slice.
     *
     * @param dim the dimension
     */
    public static StackTransform of(List<? extends Transform> slices, long dim) {
        return new StackTransform(slices, dim);
    }

    @Override public Constraint domain() { return Constraints.stack(slices.stream().map(Transform::domain).toList(), dim); }

    @Override public Constraint codomain() { return Constraints.stack(slices.stream().map(Transform::codomain).toList(), dim); }

    @Override public boolean isBijective() { return slices.stream().allMatch(Transform::isBijective); }

    private List<Tensor> split(Tensor t) {
        long size = slices.size();
        if (t.size(dim) != size)
            throw new IllegalArgumentException("dimension " + dim + " has to have size " + size + ", not " + t.describe());
        return t.unbind(dim);
    }

    private Tensor joined(Tensor t, BiFunction<Transform, Tensor, Tensor> map) {
        List<Tensor> in = split(t), out = new ArrayList<>();
        for (int i = 0; i < in.size(); i++) out.add(map.apply(slices.get(i), in.get(i)));
        return Aten.stack(out, dim);
    }

    @Override protected Tensor computeForward(Tensor x) { return joined(x, Transform::computeForward); }

    @Override protected Tensor computeInverse(Tensor y) { return joined(y, Transform::computeInverse); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) {
        List<Tensor> xs = split(x), ys = split(y), out = new ArrayList<>();
        for (int i = 0; i < xs.size(); i++) out.add(slices.get(i).computeLogDet(xs.get(i), ys.get(i)));
        return Aten.stack(out, dim);
    }
}
