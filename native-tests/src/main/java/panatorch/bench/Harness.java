package panatorch.bench;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs workloads on both sides in turn, in one session, prints the figures and collects them for the JSON file. */
final class Harness {
    private final String python;
    private final Path scripts;
    private final int pairs;
    private final Map<String, Object> machine = new LinkedHashMap<>();
    private final Map<String, Object> workloads = new LinkedHashMap<>();

    /** @param python the interpreter; @param scripts the folder of Python's sides */
    Harness(String python, Path scripts, int pairs) {
        this.python = python;
        this.scripts = scripts;
        this.pairs = pairs;
    }

    void run(Workload w) throws IOException {
        var figures = new Figures();
        try (var other = new PythonSide(python, scripts.resolve(w.script()), w.arguments())) {
            same(w, PythonSide.numbers(other.hello.path("check")));
            if (machine.isEmpty()) {
                machine.putAll(Machine.facts(other.hello));
                machine.forEach((what, value) -> System.out.printf("%-13s %s%n", what, value));
            }
            System.out.printf("%n%s: %s%n", w.name(), w.summary());
            w.run(); // the JIT's share
            w.run();
            other.run();
            for (int i = 0; i < pairs; i++) figures.add(w.run(), other.run());
        }
        print(w, figures);
        workloads.put(w.name(), figures.json(w.parts(), w.comparisons()));
    }

    private static void same(Workload w, Map<String, Double> expected) throws IOException {
        var actual = w.check();
        for (var e : expected.entrySet()) {
            double a = actual.getOrDefault(e.getKey(), Double.NaN), largest = Math.max(Math.abs(a), Math.abs(e.getValue()));
            if (Math.abs(a - e.getValue()) <= w.tolerance() * largest) continue;
            throw new IOException("The two sides of " + w.name() + " do not do the same: " + e.getKey() + " gives " + a + " in Java and " + e.getValue() + " in Python.");
        }
    }

    private static void print(Workload w, Figures f) {
        System.out.printf("%-24s %12s %12s   %s%n", w.parts(), "Java", "Python", "Java ÷ Python: min median max");
        for (String part : f.parts()) line(part, f.javaSeconds(part), f.pythonSeconds(part), f.ratio(part));
        line("geometric mean", f.javaSeconds(), f.pythonSeconds(), f.ratio());
        for (var c : w.comparisons()) System.out.printf("%-24s Java %s, Python %s%n", c, ratio(f.javaRatio(c)), ratio(f.pythonRatio(c)));
    }

    private static void line(String what, Figures.Spread java, Figures.Spread python, Figures.Spread ratio) {
        System.out.printf("%-24s %12s %12s   %18.3f %6.3f %6.3f%n", what, time(java.median()), time(python.median()), ratio.min(), ratio.median(), ratio.max());
    }

    private static String ratio(Figures.Spread s) { return "min %.3f median %.3f max %.3f".formatted(s.min(), s.median(), s.max()); }

    private static String time(double seconds) {
        if (seconds < 1e-5) return "%.1f ns".formatted(seconds * 1e9);
        return seconds < 1e-1 ? "%.3f ms".formatted(seconds * 1e3) : "%.3f s".formatted(seconds);
    }

    /** All of it as JSON, written to another name first, so that nobody reads half a file. */
    void write(Path file) throws IOException {
        var document = new LinkedHashMap<String, Object>();
        document.put("machine", machine);
        document.put("workloads", workloads);
        Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
        Files.write(unfinished, JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsBytes(document));
        Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
