package panatorch.soak;

import java.util.LinkedHashMap;
import java.util.Map;

/** Parses command-line options whose values are whole numbers. */
final class Options {
    private Options() {}

    /** Returns the values by name, with {@code defaults} for missing ones. A wrong call ends the process with status 2 and the usage. */
    static Map<String, Long> parse(String usage, Map<String, Long> defaults, String[] args) {
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
        return values;
    }
}
