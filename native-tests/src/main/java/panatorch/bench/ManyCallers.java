package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the seconds an answer, of all callers together, while many threads make requests at once: with the number of threads of an
 * operator that PanaTorch chooses, and with one and all threads set by hand. Each choice runs in a process of its own, {@link CallersSide},
 * since it holds for a process.
 */
final class ManyCallers implements Workload {
    private static final String BY_HAND = ", threads by hand: ";

    private final List<String> asked;
    private final Map<String, OtherSide> sides = new LinkedHashMap<>();

    /**
     * Starts the processes.
     *
     * @param asked names of {@link Asked}
     * @param callers {@link Crowd.Callers} that ask at once, measured one after the other
     */
    ManyCallers(List<String> asked, String... callers) {
        this.asked = new ArrayList<>(List.of(String.join(",", asked)));
        this.asked.addAll(List.of(callers));
        int all = OperatorThreads.all();
        try {
            sides.put("", side(List.of(), 0));
            for (int n : all > 1 ? new int[] {1, all} : new int[] {1}) sides.put(BY_HAND + n, side(List.of("-Dpanatorch.threads=" + n), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private OtherSide side(List<String> options, int threads) throws IOException {
        return new OtherSide("A process of Java's", ChildProcess.java(options, CallersSide.class, asked.toArray(String[]::new)), threads);
    }

    @Override public String script() { return "many_callers.py"; }

    @Override public List<String> arguments() { return asked; }

    @Override public String parts() { return "answers"; }

    @Override public int threads() { return OperatorThreads.all(); }

    @Override public double tolerance() { return 1e-3; }

    @Override public int warmUps() { return 1; }

    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        sides.forEach((by, side) -> OtherSide.numbers(side.hello.path("check")).forEach((part, sum) -> sums.put(part + by, sum)));
        return sums;
    }

    @Override public List<Comparison> comparisons() {
        var all = new ArrayList<Comparison>();
        for (String part : java.util.Objects.requireNonNull(sides.get("")).parts())
            for (String by : sides.keySet()) if (!by.isEmpty()) all.add(new Comparison(part, part + by));
        return all;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        try {
            for (var side : sides.entrySet()) side.getValue().run().forEach((part, s) -> seconds.put(part + side.getKey(), s));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return seconds;
    }

    @Override public void close() { sides.values().forEach(OtherSide::close); }
}
