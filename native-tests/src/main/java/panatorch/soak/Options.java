package panatorch.soak;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Command-line options whose values are whole numbers. */
final class Options {
    private final Map<String, Long> values;

    private Options(Map<String, Long> values) { this.values = values; }

    /** Parses the options, with {@code defaults} for missing ones. A wrong call ends the process with status 2 and the usage. */
    static Options parse(String usage, Map<String, Long> defaults, String[] args) {
        var values = new LinkedHashMap<>(defaults);
        boolean right = args.length % 2 == 0;
        for (int i = 0; right && i < args.length; i += 2) {
            right = defaults.containsKey(args[i]) && args[i + 1].matches("[1-9]\\d{0,8}");
            if (right) values.put(args[i], Long.valueOf(args[i + 1]));
        }
        if (!right) {
            System.err.println("usage: " + usage + ", whole numbers from 1 on");
            System.exit(2);
        }
        return new Options(values);
    }

    /** Returns the value of an option that has a default. */
    long get(String name) {
        return Objects.requireNonNull(values.get(name), name);
    }
}
