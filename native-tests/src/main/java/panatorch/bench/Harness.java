package panatorch.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.Torch;

/** Runs workloads on both sides in turn, in one session, prints the figures and collects them for the files. */
final class Harness {
    private final String python;
    private final Path scripts;
    private final int pairs;
    private final Map<String, Object> machine = new LinkedHashMap<>();
    private final Map<String, Object> workloads = new LinkedHashMap<>();

    /**
     * Makes a harness.
     *
     * @param python Python's interpreter
     * @param scripts the folder of Python's programs
     */
    Harness(String python, Path scripts, int pairs) {
        this.python = python;
        this.scripts = scripts;
        this.pairs = pairs;
    }

    void run(Workloads.Entry entry) throws IOException {
        var figures = new Figures();
        try (Workload w = entry.make().get()) {
            OperatorThreads.set(w.threads());
            try (var other = OtherSide.python(python, scripts.resolve(w.script()), w.arguments(), w.threads())) {
                same(entry.name(), w, other.hello);
                if (machine.isEmpty()) {
                    machine.putAll(Machine.facts(other.hello));
                    machine.forEach((what, value) -> System.out.printf("%-13s %s%n", what, value));
                }
                System.out.printf("%n%s: %s; threads of an operator: %d%n", entry.name(), entry.summary(), w.threads());
                for (int i = 0; i < w.warmUps(); i++) w.run();
                if (w.warmUps() > 0) other.run();
                for (int i = 0; i < pairs; i++) figures.add(w.run(), other.run());
            }
            print(w, figures);
            var result = new LinkedHashMap<String, Object>();
            result.put("summary", entry.summary());
            result.put("unit", w.unit().toString());
            result.put("threads", w.threads());
            result.putAll(figures.json(entry.targets(), w.comparisons()));
            workloads.put(entry.name(), result);
        }
    }

    private static void same(String name, Workload w, JsonNode hello) throws IOException {
        if (hello.path("threads").asInt() != Torch.numThreads())
            throw new IOException(
                    "Python uses " + hello.path("threads") + " threads for " + name + ", and Java " + Torch.numThreads() + ".");
        var actual = w.check();
        for (var e : OtherSide.numbers(hello.path("check")).entrySet()) {
            double a = actual.getOrDefault(e.getKey(), Double.NaN), largest = Math.max(Math.abs(a), Math.abs(e.getValue()));
            if (Math.abs(a - e.getValue()) <= w.tolerance() * largest) continue;
            throw new IOException("The two sides of " + name + " do not do the same: " + e.getKey() + " gives " + a + " in Java and "
                    + e.getValue() + " in Python.");
        }
    }

    private static void print(Workload w, Figures f) {
        System.out.printf("%-24s %12s %12s   %s%n", w.parts(), "Java", "Python", "Java ÷ Python: min median max");
        for (String part : f.parts()) {
            var ratio = f.ratio(part);
            System.out.printf("%-24s %12s %12s   %18.3f %6.3f %6.3f%n", part, w.unit().text(f.java(part).median()),
                    w.unit().text(f.python(part).median()), ratio.min(), ratio.median(), ratio.max());
        }
        for (var c : w.comparisons()) System.out.printf("%-24s Java %s, Python %s%n", c, ratio(f.javaRatio(c)), ratio(f.pythonRatio(c)));
    }

    private static String ratio(Figures.Spread s) { return "min %.3f median %.3f max %.3f".formatted(s.min(), s.median(), s.max()); }

    /** Returns all figures, as {@code --json} writes them and {@link Results} reads them. */
    JsonNode document() {
        var document = new LinkedHashMap<String, Object>();
        document.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        document.put("machine", machine);
        document.put("workloads", workloads);
        return JsonMapper.builder().build().valueToTree(document);
    }
}
