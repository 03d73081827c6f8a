package panatorch.distributions;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Transforms one after the other, the first one first. */
public final class ComposeTransform extends Transform {
    private final List<Transform> parts;

    private ComposeTransform(List<? extends Transform> parts) { this.parts = List.copyOf(parts); }

    /** Returns {@code parts} one after the other; no part is the identity. */
    public static ComposeTransform of(List<? extends Transform> parts) {
        return new ComposeTransform(parts);
    }

    /** Returns the parts, in order. */
    public List<Transform> parts() { return parts; }

    @Override public Constraint domain() {
        if (parts.isEmpty()) return Constraints.REAL;
        Constraint domain = parts.getFirst().domain();
        int dims = parts.getLast().codomain().eventDim();
        for (Transform t : parts.reversed()) dims = Math.max(dims + t.domain().eventDim() - t.codomain().eventDim(), t.domain().eventDim());
        return dims > domain.eventDim() ? Constraints.independent(domain, dims - domain.eventDim()) : domain;
    }

    @Override public Constraint codomain() {
        if (parts.isEmpty()) return Constraints.REAL;
        Constraint codomain = parts.getLast().codomain();
        int dims = parts.getFirst().domain().eventDim();
        for (Transform t : parts) dims = Math.max(dims + t.codomain().eventDim() - t.domain().eventDim(), t.codomain().eventDim());
        return dims > codomain.eventDim() ? Constraints.independent(codomain, dims - codomain.eventDim()) : codomain;
    }

    @Override public boolean isBijective() { return parts.stream().allMatch(Transform::isBijective); }

    @Override public Transform inv() {
        return new ComposeTransform(parts.reversed().stream().map(Transform::inv).toList());
    }

    @Override public long[] forwardShape(long... shape) {
        long[] s = shape;
        for (Transform t : parts) s = t.forwardShape(s);
        return s;
    }

    @Override public long[] inverseShape(long... shape) {
        long[] s = shape;
        for (Transform t : parts.reversed()) s = t.inverseShape(s);
        return s;
    }

    @Override protected Tensor computeForward(Tensor x) {
        Tensor y = x;
        for (Transform t : parts) y = t.computeForward(y);
        return y;
    }

    @Override protected Tensor computeInverse(Tensor y) {
        Tensor x = y;
        for (Transform t : parts.reversed()) x = t.computeInverse(x);
        return x;
    }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) {
        if (parts.isEmpty()) return x.zerosLike();
        var values = new ArrayList<Tensor>(List.of(x));
        for (Transform t : parts.subList(0, parts.size() - 1)) values.add(t.computeForward(values.getLast()));
        values.add(y);
        int dims = domain().eventDim();
        Tensor sum = null;
        for (int i = 0; i < parts.size(); i++) {
            Transform t = parts.get(i);
            Tensor term = Shapes.sumRightmost(t.computeLogDet(values.get(i), values.get(i + 1)), dims - t.domain().eventDim());
            sum = sum == null ? term : sum.add(term);
            dims += t.codomain().eventDim() - t.domain().eventDim();
        }
        return java.util.Objects.requireNonNull(sum);
    }

    @Override protected @Nullable Tensor sign() { return product(parts); }

    /** Returns the product of the signs, or null if it is +1. */
    static @Nullable Tensor product(List<Transform> parts) {
        Tensor product = null;
        for (Transform t : parts) {
            Tensor sign = t.sign();
            if (sign != null) product = product == null ? sign : product.mul(sign);
        }
        return product;
    }

    @Override protected boolean isSameAs(Transform other) { return other instanceof ComposeTransform c && areSame(parts, c.parts); }

    static boolean areSame(List<Transform> a, List<Transform> b) {
        boolean same = a.size() == b.size();
        for (int i = 0; same && i < a.size(); i++) same = a.get(i).isSameAs(b.get(i));
        return same;
    }

    @Override public String toString() { return "ComposeTransform" + parts; }
}
