package panatorch.func;

/**
 * A function of three arguments.
 *
 * @param <R> the result's type
 */
@FunctionalInterface
public interface TriFunction<A, B, C, R> {
    /** Computes the result. */
    R apply(A first, B second, C third);
}
