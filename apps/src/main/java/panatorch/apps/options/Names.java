package panatorch.apps.options;

import java.util.Locale;

/** How the command line writes an enum's constants: {@code MULTI_SAMPLE} is {@code multi-sample}. */
public final class Names {
    private Names() {}

    public static String of(Enum<?> constant) { return constant.name().toLowerCase(Locale.ROOT).replace('_', '-'); }
}
