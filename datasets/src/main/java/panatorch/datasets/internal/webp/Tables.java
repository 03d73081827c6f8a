package panatorch.datasets.internal.webp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The tables of the two specifications, read from a resource that names their sections. */
final class Tables {
    static final int KINDS = 4, BANDS = 8, CONTEXTS = 3, NODES = 11, MODES = 10;

    /** Probabilities by kind, band, context and node, and those of their updates. */
    static final int[] COEFFICIENTS, COEFFICIENT_UPDATES;
    /** Probabilities by mode above, mode to the left, and node. */
    static final int[] BLOCK_MODES;
    static final int[] FIRST_STEPS, OTHER_STEPS;
    static final int[] DISTANCES;

    static {
        List<int[]> tables = read();
        COEFFICIENTS = tables.get(0);
        COEFFICIENT_UPDATES = tables.get(1);
        BLOCK_MODES = tables.get(2);
        FIRST_STEPS = tables.get(3);
        OTHER_STEPS = tables.get(4);
        DISTANCES = tables.get(5);
    }

    private Tables() {}

    private static List<int[]> read() {
        try (var in = Tables.class.getResourceAsStream("tables.txt")) {
            if (in == null) throw new IllegalStateException("the resource tables.txt is missing");
            List<int[]> tables = new ArrayList<>();
            for (String part : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("#[^\n]*\n"))
                if (!part.isBlank()) tables.add(Stream.of(part.strip().split("\\s+")).mapToInt(Integer::parseInt).toArray());
            return tables;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
