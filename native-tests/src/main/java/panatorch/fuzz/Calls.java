package panatorch.fuzz;

import org.jspecify.annotations.Nullable;

/** A source of random calls. The same seed and number give the same call, with the same libtorch. */
interface Calls {
    /** Draws a call; returns null if the call that was drawn cannot be made. */
    @Nullable OperatorCall of(long seed, long number);

    /**
     * Returns the source of calls of a mode.
     *
     * @param mode {@code --hostile} or {@code --diverged}
     */
    static Calls of(String mode) {
        return switch (mode) {
            case "--hostile" -> new HostileCalls(Operators.all());
            case "--diverged" -> new DivergedCalls();
            default -> throw new IllegalArgumentException("calls are --hostile or --diverged, not " + mode);
        };
    }
}
