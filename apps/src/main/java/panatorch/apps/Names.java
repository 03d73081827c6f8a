package panatorch.apps;

import java.util.Locale;

/** How the command line writes an enum's constants: {@code MULTI_SAMPLE} is {@code multi-sample}. */
final class Names {
    private Names() {}

    static String of(Enum<?> constant) { return constant.name().toLowerCase(Locale.ROOT).replace('_', '-'); }
}
