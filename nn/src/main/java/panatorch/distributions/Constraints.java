package panatorch.distributions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The constraints of {@code torch.distributions.constraints}. Those with tensors as bounds borrow them: they are valid while the bounds
 * are.
 */
public final class Constraints {
    private Constraints() {}

    /** Bounds are written out by {@link #toString} only: to read a tensor may mean to wait for a GPU. */
    private record Named(String name, boolean isDiscrete, int eventDim, UnaryOperator<Tensor> test, List<?> bounds,
            @Nullable Supplier<Transform> toBiject, @Nullable Supplier<Transform> toOptimize) implements Constraint {
        Named(String name, boolean isDiscrete, int eventDim, UnaryOperator<Tensor> test, Object... bounds) {
            this(name, isDiscrete, eventDim, test, List.of(bounds), null, null);
        }

        Named from(Supplier<Transform> bijection) { return from(bijection, bijection); }

        Named from(@Nullable Supplier<Transform> bijection, Supplier<Transform> transform) {
            return new Named(name, isDiscrete, eventDim, test, bounds, bijection, transform);
        }

        @Override public Transform bijection() { return toBiject == null ? Constraint.super.bijection() : toBiject.get(); }

        @Override public Transform transform() { return toOptimize == null ? Constraint.super.transform() : toOptimize.get(); }

        @Override public Tensor check(Tensor value) {
            if (value.dim() < eventDim)
                throw new IllegalArgumentException(name + " needs values of at least " + eventDim + " dimensions, not " + value.describe());
            try (var scope = Scope.open()) {
                return scope.move(test.apply(value));
            }
        }

        @Override public String toString() {
            return bounds.isEmpty() ? name : name + bounds.stream().map(Constraints::text).collect(Collectors.joining(", ", "(", ")"));
        }
    }

    private static Named continuous(String name, UnaryOperator<Tensor> test, Object... bounds) {
        return new Named(name, false, 0, test, bounds);
    }

    private static Constraint discrete(String name, UnaryOperator<Tensor> test, Object... bounds) {
        return new Named(name, true, 0, test, bounds);
    }

    private static Named matrices(String name, UnaryOperator<Tensor> test) { return new Named(name, false, 2, test); }

    private static Transform inOrder(Transform... parts) { return ComposeTransform.of(List.of(parts)); }

    /** All numbers but NaN. */
    public static final Constraint REAL = continuous("real", v -> v.eq(v)).from(Constraints::inOrder);
    /** Vectors of {@link #REAL}. */
    public static final Constraint REAL_VECTOR = independent(REAL, 1);
    /** 0 and 1. */
    public static final Constraint BOOLEAN = discrete("boolean", v -> v.eq(0).logicalOr(v.eq(1)));
    /** Vectors of zeros and a single one. */
    public static final Constraint ONE_HOT =
            new Named("one_hot", true, 1, v -> v.eq(0).logicalOr(v.eq(1)).all(-1).logicalAnd(v.sum(-1).eq(1)));
    /** 0, 1, 2, … */
    public static final Constraint NONNEGATIVE_INTEGER = discrete("nonnegative_integer", v -> whole(v).logicalAnd(v.ge(0)));
    /** 1, 2, 3, … */
    public static final Constraint POSITIVE_INTEGER = discrete("positive_integer", v -> whole(v).logicalAnd(v.ge(1)));
    /** Numbers above 0. */
    public static final Constraint POSITIVE = continuous("positive", v -> v.gt(0)).from(ExpTransform::of);
    /** Numbers from 0. */
    public static final Constraint NONNEGATIVE = continuous("nonnegative", v -> v.ge(0)).from(ExpTransform::of);
    /** Numbers from 0 to 1. */
    public static final Constraint UNIT_INTERVAL = interval(0, 1);
    /** Vectors of numbers from 0 whose sum is 1, up to 1e-6. */
    public static final Constraint SIMPLEX =
            new Named("simplex", false, 1, v -> v.ge(0).all(-1).logicalAnd(v.sum(-1).sub(1).abs().lt(1e-6)))
                    .from(StickBreakingTransform::of, SoftmaxTransform::of);
    /** Matrices [N, N]. */
    public static final Constraint SQUARE = matrices("square", v -> all(v, v.size(-1) == v.size(-2)));
    /** Symmetric matrices, up to 1e-6. */
    public static final Constraint SYMMETRIC = matrices("symmetric", Constraints::symmetric);
    /** Lower triangular matrices. */
    public static final Constraint LOWER_TRIANGULAR = matrices("lower_triangular", Constraints::lowerTriangular);
    /** Lower triangular matrices with a positive diagonal. */
    public static final Constraint LOWER_CHOLESKY =
            matrices("lower_cholesky", Constraints::lowerCholesky).from(null, LowerCholeskyTransform::of);
    /** Cholesky factors of correlation matrices: {@link #LOWER_CHOLESKY} with rows of norm 1. */
    public static final Constraint CORR_CHOLESKY = matrices("corr_cholesky", Constraints::corrCholesky).from(CorrCholeskyTransform::of);
    /** Symmetric matrices without a negative eigenvalue. */
    public static final Constraint POSITIVE_SEMIDEFINITE =
            matrices("positive_semidefinite", v -> symmetricAnd(v, () -> Linalg.eigvalsh(v).ge(0).all(-1)))
                    .from(null, PositiveDefiniteTransform::of);
    /** Symmetric matrices with positive eigenvalues. */
    public static final Constraint POSITIVE_DEFINITE =
            matrices("positive_definite", v -> symmetricAnd(v, () -> Linalg.choleskyEx(v).info().eq(0))).from(null,
                    PositiveDefiniteTransform::of);

    private static Supplier<Transform> above(double lower) { return () -> inOrder(ExpTransform.of(), AffineTransform.of(lower, 1)); }

    private static Supplier<Transform> above(Tensor lower) {
        return () -> inOrder(ExpTransform.of(), AffineTransform.of(lower, lower.onesLike()));
    }

    private static Transform between(double lower, double upper) {
        if (lower == 0 && upper == 1) return SigmoidTransform.of();
        return inOrder(SigmoidTransform.of(), AffineTransform.of(lower, upper - lower));
    }

    /** Numbers above {@code lower}. */
    public static Constraint greaterThan(double lower) {
        return continuous("greater_than", v -> v.gt(lower), lower).from(above(lower));
    }

    /** Numbers above {@code lower}, element by element. */
    public static Constraint greaterThan(Tensor lower) {
        return continuous("greater_than", v -> v.gt(lower), lower).from(above(lower));
    }

    /** Numbers from {@code lower}. */
    public static Constraint greaterThanEq(double lower) {
        return continuous("greater_than_eq", v -> v.ge(lower), lower).from(above(lower));
    }

    /** Numbers from {@code lower}, element by element. */
    public static Constraint greaterThanEq(Tensor lower) {
        return continuous("greater_than_eq", v -> v.ge(lower), lower).from(above(lower));
    }

    /** Numbers below {@code upper}. */
    public static Constraint lessThan(double upper) {
        return continuous("less_than", v -> v.lt(upper), upper)
                .from(() -> inOrder(ExpTransform.of(), AffineTransform.of(upper, -1)));
    }

    /** Numbers below {@code upper}, element by element. */
    public static Constraint lessThan(Tensor upper) {
        return continuous("less_than", v -> v.lt(upper), upper)
                .from(() -> inOrder(ExpTransform.of(), AffineTransform.of(upper, upper.onesLike().neg())));
    }

    /** Numbers from {@code lower} to {@code upper}. */
    public static Constraint interval(double lower, double upper) {
        return continuous("interval", v -> v.ge(lower).logicalAnd(v.le(upper)), lower, upper).from(() -> between(lower, upper));
    }

    /** Numbers from {@code lower} to {@code upper}, element by element. */
    public static Constraint interval(Tensor lower, Tensor upper) {
        return continuous("interval", v -> v.ge(lower).logicalAnd(v.le(upper)), lower, upper)
                .from(() -> inOrder(SigmoidTransform.of(), AffineTransform.of(lower, upper.sub(lower))));
    }

    /** Numbers from {@code lower} to below {@code upper}. */
    public static Constraint halfOpenInterval(double lower, double upper) {
        return continuous("half_open_interval", v -> v.ge(lower).logicalAnd(v.lt(upper)), lower, upper).from(() -> between(lower, upper));
    }

    /** Whole numbers from {@code lower} to {@code upper}. */
    public static Constraint integerInterval(long lower, long upper) {
        return discrete("integer_interval", v -> whole(v).logicalAnd(v.ge(lower)).logicalAnd(v.le(upper)), lower, upper);
    }

    /** Whole numbers from {@code lower} to {@code upper}, element by element. */
    public static Constraint integerInterval(long lower, Tensor upper) {
        return discrete("integer_interval", v -> whole(v).logicalAnd(v.ge(lower)).logicalAnd(v.le(upper)), lower, upper);
    }

    /** Vectors of counts from 0 whose sum is at most {@code upper}. */
    public static Constraint multinomial(long upper) {
        return new Named("multinomial(" + upper + ")", true, 1, v -> v.ge(0).all(-1).logicalAnd(v.sum(-1).le(upper)));
    }

    /**
     * Blocks of values that all satisfy {@code base}.
     *
     * @param dims number of dimensions of a block
     */
    public static Constraint independent(Constraint base, int dims) {
        if (dims < 0) throw new IllegalArgumentException("the number of dimensions of a block has to be at least 0, not " + dims);
        return new Named("independent(" + base + ", " + dims + ")", base.isDiscrete(), base.eventDim() + dims, v -> {
            Tensor valid = base.check(v);
            return dims == 0 ? valid : valid.flatten(-dims, -1).all(-1);
        }).from(() -> IndependentTransform.of(base.bijection(), dims), () -> IndependentTransform.of(base.transform(), dims));
    }

    /**
     * Values that are the concatenation along a dimension of values of several sets.
     *
     * @param dim the dimension
     * @param lengths size of each part
     */
    public static Constraint cat(List<? extends Constraint> parts, long dim, long... lengths) {
        if (lengths.length != parts.size())
            throw new IllegalArgumentException(parts.size() + " constraints need as many lengths, not " + lengths.length);
        long[] sizes = lengths.clone();
        return new Named("cat(" + parts + ", " + dim + ")", isDiscrete(parts), eventDim(parts), v -> {
            var valid = new ArrayList<Tensor>();
            long start = 0;
            for (int i = 0; i < sizes.length; start += sizes[i++]) valid.add(parts.get(i).check(v.narrow(dim, start, sizes[i])));
            return Aten.cat(valid, dim);
        }).from(() -> CatTransform.of(parts.stream().map(Constraint::bijection).toList(), dim, sizes),
                () -> CatTransform.of(parts.stream().map(Constraint::transform).toList(), dim, sizes));
    }

    /**
     * Values that are stacked along a dimension from values of several sets.
     *
     * @param dim the dimension
     */
    public static Constraint stack(List<? extends Constraint> parts, long dim) {
        int inner = eventDim(parts);
        return new Named("stack(" + parts + ", " + dim + ")", isDiscrete(parts), dim + inner < 0 ? inner + 1 : inner, v -> {
            var valid = new ArrayList<Tensor>();
            for (int i = 0; i < parts.size(); i++) valid.add(parts.get(i).check(v.select(dim, i)));
            return Aten.stack(valid, dim);
        }).from(() -> StackTransform.of(parts.stream().map(Constraint::bijection).toList(), dim),
                () -> StackTransform.of(parts.stream().map(Constraint::transform).toList(), dim));
    }

    /** Values of a mixture whose components' values satisfy {@code base}: the batch of components is put in before the event. */
    static Constraint mixture(Constraint base) {
        return new Named("mixture(" + base + ")", base.isDiscrete(), base.eventDim(), v -> {
            Tensor valid = base.check(v.unsqueeze(-1 - base.eventDim()));
            return valid.all(-1);
        });
    }

    private static boolean isDiscrete(List<? extends Constraint> parts) { return parts.stream().anyMatch(Constraint::isDiscrete); }

    private static int eventDim(List<? extends Constraint> parts) { return parts.stream().mapToInt(Constraint::eventDim).max().orElse(0); }

    private static String text(Object bound) {
        if (!(bound instanceof Tensor t)) return bound.toString();
        return t.numel() == 1 ? String.valueOf(t.itemDouble()) : t.describe();
    }

    private static Tensor whole(Tensor v) { return v.remainder(1).eq(0); }

    private static Tensor all(Tensor v, boolean valid) {
        long[] shape = v.shape();
        return Aten.full(Arrays.copyOf(shape, shape.length - 2), valid ? 1 : 0, DType.BOOL, null, v.device());
    }

    private static Tensor symmetric(Tensor v) {
        return v.size(-1) == v.size(-2) ? v.isclose(v.mT(), 1e-5, 1e-6).flatten(-2, -1).all(-1) : all(v, false);
    }

    private static Tensor symmetricAnd(Tensor v, Supplier<Tensor> test) {
        Tensor symmetric = symmetric(v);
        return symmetric.all().itemBoolean() ? test.get() : symmetric;
    }

    private static Tensor lowerTriangular(Tensor v) { return v.tril().eq(v).flatten(-2, -1).all(-1); }

    private static Tensor lowerCholesky(Tensor v) {
        return lowerTriangular(v).logicalAnd(v.diagonal(0, -2, -1).gt(0).all(-1));
    }

    private static Tensor corrCholesky(Tensor v) {
        double tolerance = v.dtype().finfo().eps() * v.size(-1) * 10;
        return lowerCholesky(v).logicalAnd(Linalg.vectorNorm(v.detach(), 2, -1L).sub(1).abs().le(tolerance).all(-1));
    }
}
