package panatorch.apps;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** How the command line writes an enum's constants: {@code MULTI_SAMPLE} is {@code multi-sample}. */
final class Names {
    private Names() {}

    static String of(Enum<?> constant) { return constant.name().toLowerCase(Locale.ROOT).replace('_', '-'); }

    /** Makes {@code line} and its commands read the names of {@code type}. */
    static <E extends Enum<E>> void teach(CommandLine line, Class<E> type) {
        line.registerConverter(type, text -> {
            for (E constant : type.getEnumConstants()) if (of(constant).equalsIgnoreCase(text)) return constant;
            throw new TypeConversionException("'" + text + "' is none of " + Arrays.stream(type.getEnumConstants()).map(Names::of).collect(Collectors.joining(", ")));
        });
    }
}
