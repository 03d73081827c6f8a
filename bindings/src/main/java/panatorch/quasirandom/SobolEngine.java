package panatorch.quasirandom;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * A Sobol sequence: points that fill the unit cube more evenly than random ones (Sobol 1967; direction numbers of Joe and Kuo 2008), with
 * the draws of {@code torch.quasirandom.SobolEngine}.
 *
 * <pre>{@code
 * try (var sobol = new SobolEngine(5, true, 0L); var scope = Scope.open()) {
 *     Tensor points = sobol.draw(1024);                        // float32 [1024, 5], in [0, 1)
 * }
 * }</pre>
 *
 * <p>
 * It owns its state until it is closed. One thread at a time.
 */
public final class SobolEngine implements AutoCloseable {
    /** The largest dimension. */
    public static final int MAX_DIMENSION = 21201;

    private static final int BITS = 30;

    private final int dimension;
    private final Tensor state, shift;
    private Tensor quasi;
    private long generated;

    /** Creates a sequence that is not scrambled: it begins with 0, 1/2, 3/4, 1/4 … in the first dimension. */
    public SobolEngine(int dimension) {
        this(dimension, false, null);
    }

    /**
     * Creates a sequence.
     *
     * @param dimension size of a point, from 1 to {@link #MAX_DIMENSION}
     * @param scramble whether to scramble it at random (Owen 1998), so that the mean of a function over it is unbiased
     * @param seed seed of the scrambling; null draws from the global generator
     */
    public SobolEngine(int dimension, boolean scramble, @Nullable Long seed) {
        if (dimension < 1 || dimension > MAX_DIMENSION)
            throw new IllegalArgumentException("a Sobol sequence has from 1 to " + MAX_DIMENSION + " dimensions, not " + dimension);
        this.dimension = dimension;
        try (var scope = Scope.open()) {
            state = Torch.zeros(DType.INT64, dimension, BITS).escape();
            Aten._sobolEngineInitializeState_(state, dimension);
            shift = (scramble ? scrambled(seed) : Torch.zeros(DType.INT64, dimension)).escape();
            quasi = shift.clone().escape();
        }
    }

    private Tensor scrambled(@Nullable Long seed) {
        if (seed == null) return scrambled((Generator) null);
        try (var generator = Generator.of(seed)) {
            return scrambled(generator);
        }
    }

    private Tensor scrambled(@Nullable Generator generator) {
        Tensor bits = random(generator, dimension, BITS), powers = Aten.arange(BITS, DType.INT64, null, Device.CPU);
        Tensor shifts = bits.mv(Aten.pow(2, powers));
        Aten._sobolEngineScramble_(state, random(generator, dimension, BITS, BITS).tril(), dimension);
        return shifts;
    }

    private static Tensor random(@Nullable Generator generator, long... size) {
        return Aten.randint(2, size, generator, DType.INT64, null, Device.CPU);
    }

    /** Returns the next points, float32 [n, dimension]. */
    public Tensor draw(long n) {
        return draw(n, DType.FLOAT32);
    }

    /** Returns the next points of a floating-point type, [n, dimension], in [0, 1). */
    public Tensor draw(long n, DType dtype) {
        requireCount(n);
        try (var scope = Scope.open()) {
            Tensor first = generated > 0 ? null : shift.div(1L << BITS).reshape(1, dimension).to(dtype);
            long more = first == null ? n : n - 1;
            if (first != null && more == 0) {
                generated = n;
                return scope.move(first);
            }
            var drawn = Aten._sobolEngineDraw(quasi, more, state, dimension, Math.max(0, generated - 1), dtype);
            quasi.close();
            quasi = drawn.result1().escape();
            generated += n;
            return scope.move(first == null ? drawn.result0() : Aten.cat(List.of(first, drawn.result0()), 0));
        }
    }

    /**
     * Returns the next 2ᵐ points, float32 [2ᵐ, dimension].
     *
     * @throws IllegalArgumentException if the points so far and these are not a power of two, without which the sequence is not balanced;
     * {@link #draw} has no such rule
     */
    public Tensor drawBase2(int m) {
        long n = 1L << m, total = generated + n;
        if (m < 0 || m > BITS || (total & total - 1) != 0)
            throw new IllegalArgumentException("points of a Sobol sequence are balanced if their number is a power of two, but " + generated
                    + " + 2^" + m + " is " + total + "; draw(n) takes any number");
        return draw(n);
    }

    /** Skips points. */
    public SobolEngine fastForward(long n) {
        requireCount(n);
        long steps = generated == 0 ? n - 1 : n;
        if (steps > 0) Aten._sobolEngineFf_(quasi, steps, state, dimension, Math.max(0, generated - 1));
        generated += n;
        return this;
    }

    private static void requireCount(long n) {
        if (n < 1) throw new IllegalArgumentException("the number of points must be at least 1, not " + n);
    }

    /** Begins the sequence anew. */
    public SobolEngine reset() {
        quasi.copy_(shift);
        generated = 0;
        return this;
    }

    /** Returns the number of points that were drawn or skipped. */
    public long generated() { return generated; }

    /** Frees the state. Closing twice is harmless. */
    @Override public void close() {
        state.close();
        shift.close();
        quasi.close();
    }
}
