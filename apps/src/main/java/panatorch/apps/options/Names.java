package panatorch.apps.options;

import java.util.Locale;

/** Spells an enum's constants as the command line does: {@code MULTI_SAMPLE} is {@code multi-sample}. */
public final class Names {
    private Names() {}

    public static String of(Enum<?> constant) { return constant.name().toLowerCase(Locale.ROOT).replace('_', '-'); }
}
