package panatorch.distributions;

import org.jspecify.annotations.Nullable;

/**
 * A block of code in which this thread makes distributions that check neither their parameters nor the values that they are given. Checks
 * read tensors back, which costs time and waits for a GPU.
 *
 * <pre>{@code
 * try (var off = NoValidation.enter()) {
 *     policy = Normal.of(mean, deviation);
 * }
 * }</pre>
 *
 * <p>
 * A distribution keeps the choice under which it was made. {@link Distribution#setDefaultValidateArgs} sets it for all threads. A block
 * belongs to the thread that entered it; blocks are closed in the reverse order.
 */
public final class NoValidation implements AutoCloseable {
    /** What is checked of the distributions that a thread makes. */
    enum Checks {
        NONE, VALUES, ALL
    }

    private static final ThreadLocal<@Nullable Checks> CURRENT = new ThreadLocal<>();
    private final @Nullable Checks before = CURRENT.get();

    private NoValidation(Checks checks) { CURRENT.set(checks); }

    /** Turns checks off for this thread. */
    public static NoValidation enter() { return new NoValidation(Checks.NONE); }

    /** Turns the check of parameters off for this thread, and that of values on or off. */
    static NoValidation ofParameters(boolean checksValues) {
        return new NoValidation(checksValues ? Checks.VALUES : Checks.NONE);
    }

    static Checks current() {
        Checks c = CURRENT.get();
        return c != null ? c : Distribution.validatesByDefault() ? Checks.ALL : Checks.NONE;
    }

    /** Restores what was checked before. */
    @Override public void close() {
        if (before == null) CURRENT.remove();
        else CURRENT.set(before);
    }
}
