package panatorch.apps.console;

import java.util.Locale;

/** Formats a number with its noun: 1 epoch, 2 epochs. */
public final class Counted {
    private Counted() {}

    public static String of(long number, String one) { return of(number, one, one + "s"); }

    public static String of(long number, String one, String many) {
        return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? one : many);
    }
}
