package panatorch.apps.options;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import panatorch.DType;
import panatorch.apps.console.InputException;

/**
 * An input or output of a model that does not know its own, as a user writes it: {@code image:float32[batch,3,224,224]}.
 *
 * @param dims sizes as {@code Long}, names of sizes that may differ as {@code String}
 */
public record DeclaredTensor(String name, DType dtype, Object... dims) {
    private static final Pattern FORM = Pattern.compile("([^:\\[\\]]+):([a-z0-9_]+)\\[([^\\[\\]]*)]");
    private static final Pattern DIM = Pattern.compile("\\d{1,18}|[A-Za-z_]\\w*");

    /**
     * Reads a declaration.
     *
     * @param option the option that it is for, for the message
     * @throws InputException if it is none
     */
    public static DeclaredTensor parse(String option, String text) {
        Matcher m = FORM.matcher(text.replace(" ", ""));
        if (!m.matches()) throw wrong(option, text, "");
        String[] dims = m.group(3).isEmpty() ? new String[0] : m.group(3).split(",", -1);
        for (String d : dims) if (!DIM.matcher(d).matches()) throw wrong(option, text, ": '" + d + "' is neither a size nor a name");
        return new DeclaredTensor(m.group(1), dtype(option, text, m.group(2)),
                Arrays.stream(dims).map(d -> Character.isDigit(d.charAt(0)) ? (Object) Long.valueOf(d) : d).toArray());
    }

    private static DType dtype(String option, String text, String name) {
        try {
            return DType.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw wrong(option, text, ": there is no type '" + name + "'");
        }
    }

    private static InputException wrong(String option, String text, String why) {
        return new InputException(option + " '" + text + "' is not of the form NAME:float32[batch,3,224,224]" + why);
    }

    /** Refuses declarations for a model that knows its own inputs and outputs. */
    public static void requireNone(List<DeclaredTensor> inputs, List<DeclaredTensor> outputs) {
        if (!inputs.isEmpty() || !outputs.isEmpty())
            throw new InputException(
                    (inputs.isEmpty() ? "--output" : "--input") + " has no effect on a model that knows its own; leave it out");
    }
}
