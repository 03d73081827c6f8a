package panatorch.fuzz;

import org.jspecify.annotations.Nullable;

/** A source of calls. The same seed and number make the same call, of the same libtorch. */
interface Calls {
    /** Draws a call, or returns null if what was drawn cannot be made. */
    @Nullable OperatorCall of(long seed, long number);

    /** @param mode {@code --hostile} or {@code --diverged} */
    static Calls of(String mode) {
        return switch (mode) {
            case "--hostile" -> new HostileCalls(Operators.all());
            case "--diverged" -> new DivergedCalls();
            default -> throw new IllegalArgumentException("calls are --hostile or --diverged, not " + mode);
        };
    }
}
