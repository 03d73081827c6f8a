package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import panatorch.apps.console.InputException;

/** The seeds of an experiment as the command line names them. */
public final class SeedList {
    private SeedList() {}

    private static final Pattern PART = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");
    private static final int MOST = 1000;

    /**
     * Reads {@code 3} as the first three seeds, 0 to 2, and lists such as {@code 2,3} and {@code 4-6} as these seeds.
     *
     * @throws InputException if it is neither
     */
    public static List<Long> parse(String text) {
        if (text.strip().matches("\\d{1,9}")) {
            int count = Integer.parseInt(text.strip());
            if (count < 1 || count > MOST) throw wrong(text);
            return Lab.firstSeeds(count);
        }
        var seeds = new ArrayList<Long>();
        for (String part : text.split(",")) {
            Matcher m = PART.matcher(part.strip());
            if (!m.matches()) throw wrong(text);
            long first = Long.parseLong(m.group(1)), last = m.group(2) == null ? first : Long.parseLong(m.group(2));
            if (last < first || last - first >= MOST) throw wrong(text);
            for (long seed = first; seed <= last; seed++) if (!seeds.contains(seed)) seeds.add(seed);
        }
        return seeds;
    }

    private static InputException wrong(String text) {
        return new InputException("--seeds has to be a number of seeds from 1 to " + MOST + ", or a list such as 2,3 or 4-6, not '" + text
                + "'");
    }
}
