package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;

/** Checks the numbers of options. An option that the user did not pass is null, which is always valid. */
public final class OptionCheck {
    private OptionCheck() {}

    public static void atLeast(String option, @Nullable Integer value, int least) {
        if (value != null && value < least) throw new InputException(option + " must be at least " + least + ", and is " + value);
    }

    static void within(String option, @Nullable Integer value, int least, int most) {
        atLeast(option, value, least);
        if (value != null && value > most) throw new InputException(option + " must be at most " + most + ", and is " + value);
    }

    /** Checks that the value is in [0, 1). */
    static void part(String option, double value) {
        if (!(value >= 0 && value < 1)) throw new InputException(option + " must be at least 0 and below 1, and is " + value);
    }

    static void between(String option, double value, double low, double high) {
        if (!(value >= low && value <= high))
            throw new InputException(option + " must lie between " + plain(low) + " and " + plain(high) + ", and is " + value);
    }

    public static void above(String option, double value, double bound) {
        if (!(value > bound && value < Double.POSITIVE_INFINITY))
            throw new InputException(option + " must be a number above " + plain(bound) + ", and is " + value);
    }

    static void notBelow(String option, double value, double bound) {
        if (!(value >= bound && value < Double.POSITIVE_INFINITY))
            throw new InputException(option + " must be a number not below " + plain(bound) + ", and is " + value);
    }

    private static String plain(double bound) { return Long.toString((long) bound); }
}
