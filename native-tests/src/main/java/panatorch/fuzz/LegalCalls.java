package panatorch.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Draws legal calls with {@link DivergedTensor}s of 1 to 400 rows: large matrices run other code than small ones, such as blocked and
 * parallel algorithms.
 */
final class LegalCalls {
    private static final int[] SIZES = {1, 2, 2, 3, 3, 3, 4, 5, 7, 8, 10, 16, 17, 31, 33, 50, 64, 65, 100, 129, 200, 257, 400};

    /** An operator, and the function that draws its arguments. */
    private record Entry(String operator, Function<LegalCalls, List<@Nullable Object>> arguments) {}

    private static final List<Entry> CALLS = new ArrayList<>();

    private static void put(String operators, Function<LegalCalls, List<@Nullable Object>> arguments) {
        for (String operator : operators.split(" ")) CALLS.add(new Entry("aten::" + operator, arguments));
    }

    static {
        LinearAlgebraCalls.putAll(LegalCalls::put);
        OtherCalls.putAll(LegalCalls::put);
    }

    /** A table to which operators and the functions for their arguments are added. */
    @FunctionalInterface
    interface Table {
        void put(String operators, Function<LegalCalls, List<@Nullable Object>> arguments);
    }

    final SplittableRandom random;
    /** The type of floating-point and complex tensors. */
    final DType dtype;
    /** The numbers of rows, columns and right-hand sides of the call's matrices. */
    final long n, m, k;
    private final long[] batch;
    private final boolean grad;

    LegalCalls(SplittableRandom random, DType dtype) {
        this.random = random;
        this.dtype = dtype;
        n = SIZES[random.nextInt(random.nextInt(4) == 0 ? SIZES.length : 14)];
        m = one(2) ? n : n > 50 ? n / 2 + random.nextInt(20) : 1 + random.nextInt(12);
        k = 1 + random.nextInt(3);
        batch = n > 129 || one(2) ? new long[0] : n > 40 ? new long[] {2} : new long[][] {{1}, {3}, {2, 2}, {0}, {7}}[random.nextInt(5)];
        grad = one(2);
    }

    OperatorCall draw() {
        Entry drawn = CALLS.get(random.nextInt(CALLS.size()));
        return new OperatorCall(drawn.operator, drawn.arguments.apply(this));
    }

    // ---- what arguments are made of

    boolean one(int in) { return random.nextInt(in) == 0; }

    boolean flag() { return random.nextBoolean(); }

    @SafeVarargs final <T> @Nullable T any(@Nullable T... values) { return values[random.nextInt(values.length)]; }

    /** Returns a list that may hold nulls. */
    static List<@Nullable Object> list(@Nullable Object... arguments) {
        return Arrays.asList(arguments);
    }

    long[] shape(long... last) {
        long[] all = Arrays.copyOf(batch, batch.length + last.length);
        System.arraycopy(last, 0, all, batch.length, last.length);
        return all;
    }

    /** Plans normal random numbers of a shape. */
    Plan normal(long... shape) {
        return plan("normal", shape, () -> Torch.randn(complexToo(), shape));
    }

    /** Plans random numbers in [0, 1). */
    Plan uniform(long... shape) { return plan("uniform", shape, () -> Torch.rand(shape)); }

    /** Plans normal random numbers in float32, as quantisation needs, without a gradient. */
    Plan single(long... shape) {
        return DivergedTensor.draw(DivergedTensor.name("normal", shape), () -> Torch.randn(shape), DType.FLOAT32, random, false);
    }

    /** Plans the numbers of {@link #single}, but in [0, 1). */
    Plan positiveSingle(long... shape) {
        return DivergedTensor.draw(DivergedTensor.name("uniform", shape), () -> Torch.rand(shape), DType.FLOAT32, random, false);
    }

    Plan square() {
        return switch (random.nextInt(6)) {
            case 0 -> plan("zeros", shape(n, n), () -> Torch.zeros(complexToo(), shape(n, n)));
            case 1 -> plan("identities", shape(n, n), () -> Torch.eye(n, n, complexToo()).expand(shape(n, n)));
            case 2 -> plan("ones", shape(n, n), () -> Torch.ones(complexToo(), shape(n, n)));
            case 3 -> positive();
            default -> normal(shape(n, n));
        };
    }

    Plan rectangle() { return one(8) ? plan("ones", shape(n, m), () -> Torch.ones(complexToo(), shape(n, m))) : normal(shape(n, m)); }

    /** Plans a Hermitian, positive definite matrix. */
    Plan positive() {
        return plan("positive", shape(n, n), () -> {
            Tensor a = Torch.randn(complexToo(), shape(n, n));
            return a.matmul(a.transpose(-1, -2).conj()).add(Torch.eye(n, n, complexToo()));
        });
    }

    Plan plan(String kind, long[] shape, Supplier<Tensor> healthy) {
        return DivergedTensor.draw(DivergedTensor.name(kind, shape), healthy, dtype, random, grad);
    }

    /** Plans whole numbers below {@code bound}, which keep their values. */
    Plan whole(DType type, long bound, long... shape) {
        return DivergedTensor.draw(DivergedTensor.name("whole", shape), () -> Torch.randint(0, bound, shape, type), dtype, random, false);
    }

    /** Plans a tensor that keeps its values. */
    Plan exact(String kind, Supplier<Tensor> healthy) {
        return new DivergedTensor(kind, healthy, null, DivergedTensor.Harm.NONE, 0, 0, false, false);
    }

    /** Plans whole numbers rounded from the values of a diverged model, which may be out of bounds. */
    Plan rounded(DType type, long bound, long... shape) {
        if (one(2)) return whole(type, bound, shape);
        Plan real = DivergedTensor.draw("", () -> Torch.rand(DType.FLOAT32, shape).mul(bound), DType.FLOAT32, random, false);
        return exact("rounded" + real + DivergedTensor.name("", shape), () -> real.make().to(type));
    }

    /** Returns the type in which random numbers are made: not all types have random numbers. */
    private DType complexToo() {
        return dtype.isComplex() ? dtype : DType.FLOAT32;
    }
}
