package panatorch.apps.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import panatorch.apps.console.InputException;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converters from words of the command line to the values of options. */
public final class OptionConverters {
    private OptionConverters() {}

    /** Registers the converters for names, paths and numbers with a command line and its subcommands. */
    public static void register(CommandLine line) {
        names(line, DatasetName.class);
        names(line, DamagedName.class);
        names(line, ModelName.class);
        names(line, DropoutName.class);
        names(line, OptimizerName.class);
        names(line, ScheduleName.class);
        names(line, MeasureName.class);
        names(line, PrecisionName.class);
        names(line, DeviceName.class);
        names(line, NormalizationName.class);
        names(line, WeightType.class);
        line.registerConverter(Path.class, OptionConverters::path);
        number(line, "whole number", Integer.class, int.class, Integer::valueOf);
        number(line, "whole number", Long.class, long.class, Long::valueOf);
        number(line, "number", Double.class, double.class, Double::valueOf);
    }

    /** Registers a converter for an enum whose constants are spelled by {@link Names}. */
    public static <E extends Enum<E>> void names(CommandLine line, Class<E> type) {
        line.registerConverter(type, text -> {
            for (E constant : type.getEnumConstants()) if (Names.of(constant).equalsIgnoreCase(text)) return constant;
            List<String> names = Arrays.stream(type.getEnumConstants()).map(Names::of).toList();
            throw new TypeConversionException(
                    "'" + text + "' is unknown" + SpellingHint.then(text, names, "it can be " + String.join(", ", names)));
        });
    }

    private static <N extends Number> void number(CommandLine line, String what, Class<N> type, Class<N> primitive,
            Function<String, N> read) {
        ITypeConverter<N> converter = text -> {
            try {
                return read.apply(text);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is no " + what + (what.equals("number") ? "" : ", or too large a one"));
            }
        };
        line.registerConverter(type, converter);
        line.registerConverter(primitive, converter);
    }

    /** Converts a path. An empty one is refused: a shell makes it of an unset variable, and it would mean the current folder. */
    private static Path path(String text) {
        if (text.isBlank()) throw new TypeConversionException("the path is empty");
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("'" + text + "' is no path: " + InputException.reason(e));
        }
    }
}
