package panatorch.datasets.internal.tiff;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The codes of runs of pixels in faxes, read from a resource that names their source. */
final class FaxRuns {
    static final int LONGEST_CODE = 13;

    private static final Map<Integer, Integer> WHITE = new HashMap<>(), BLACK = new HashMap<>();

    static {
        try (var in = FaxRuns.class.getResourceAsStream("runs.txt")) {
            if (in == null) throw new IllegalStateException("the resource runs.txt is missing");
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("#")).forEach(FaxRuns::take);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FaxRuns() {}

    private static void take(String line) {
        String[] parts = line.split(" ");
        Map<Integer, Integer> codes = parts[0].equals("white") ? WHITE : BLACK;
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            codes.put(Integer.parseInt("1" + parts[i].substring(equals + 1), 2), Integer.parseInt(parts[i].substring(0, equals)));
        }
    }

    /**
     * Returns the run of a code, or −1 if there is no such code.
     *
     * @param code the code's bits behind a leading 1
     */
    static int run(boolean black, int code) {
        return (black ? BLACK : WHITE).getOrDefault(code, -1);
    }
}
