package panatorch.zoo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.ExportedProgram;
import panatorch.export.Inputs;
import panatorch.export.OptimizeOptions;
import panatorch.export.Outputs;
import panatorch.export.Signature;
import panatorch.export.UnsupportedProgramException;
import panatorch.serialize.Safetensors;

/**
 * Has Python export every architecture of timm or transformers with random weights, runs it here as it is and optimised, compares the
 * outputs, and keeps a line for each in a file of results. Started again with the same file, it goes on with the names that are missing.
 * The names come in an order that mixes families, so that the table of a part is one of a sample.
 *
 * <p>
 * Arguments: {@code timm} or {@code transformers}, the file of results, and the number of minutes after which to stop; with 0 only the
 * table is printed. {@code PYTHON} names the interpreter.
 */
public final class Main {
    private static final double TOLERANCE = 1e-4;
    /** How much farther than Python's own outputs are from those in float64 they may be; random weights make some models chaotic. */
    private static final double ROUNDINGS = 4;
    private static final long LONGEST_EXPORT = 240, SEED = 2;
    private static final String EQUAL = "equal";

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println("usage: PYTHON=INTERPRETER java … panatorch.zoo.Main timm|transformers RESULTS MINUTES");
            System.exit(2);
        }
        Path results = Path.of(arguments[1]);
        long end = System.nanoTime() + Long.parseLong(arguments[2]) * 60_000_000_000L;
        Map<String, String> done = read(results);
        Path folder = Files.createTempDirectory("zoo-");
        Exporter exporter = null;
        try {
            while (System.nanoTime() < end) {
                if (exporter == null) exporter = start(arguments[0], folder);
                String name = exporter.names().stream().filter(n -> !done.containsKey(n)).min(Comparator.comparing(Main::mixed))
                        .orElse(null);
                if (name == null) break;
                String outcome;
                try {
                    outcome = exporter.export(name, LONGEST_EXPORT);
                    if (outcome.equals("exported")) outcome = compare(folder);
                } catch (IOException e) {
                    outcome = "not exported: " + e.getMessage();
                    exporter.close();
                    exporter = null;
                }
                done.put(name, outcome);
                Files.writeString(results, name + "\t" + outcome + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                System.out.println(name + ": " + outcome);
            }
        } finally {
            if (exporter != null) exporter.close();
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            Files.delete(folder);
        }
        System.out.println(table(done));
    }

    private static Exporter start(String library, Path folder) throws IOException {
        String python = System.getenv("PYTHON"), scripts = System.getProperty("panatorch.scripts", "src/test/python");
        if (python == null) throw new IllegalStateException("set PYTHON to an interpreter with torch 2.13, safetensors and " + library);
        return new Exporter(python, Path.of(scripts, "exported_zoo.py"), library, folder);
    }

    private static String mixed(String name) { return String.format(Locale.ROOT, "%08x", name.hashCode() * 0x9E3779B1) + name; }

    private static Map<String, String> read(Path results) throws IOException {
        var done = new LinkedHashMap<String, String>();
        if (Files.exists(results)) for (String line : Files.readAllLines(results)) {
            String[] parts = line.split("\t", 2);
            if (parts.length == 2) done.put(parts[0], parts[1]);
        }
        return done;
    }

    /** Runs the exported model and returns the outcome. */
    private static String compare(Path folder) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = ExportedProgram.load(folder.resolve("model.pt2"))) {
            Map<String, Tensor> python = Safetensors.load(folder.resolve("model.safetensors"));
            Inputs inputs = Inputs.of();
            for (Signature.Value v : program.signature().inputs())
                if (v instanceof Signature.TensorValue) inputs = inputs.and(v.name(), python.get(v.name()));
            Torch.manualSeed(SEED);
            String plain = difference(program.run(inputs), python);
            if (plain != null) return "different: " + plain;
            try (var fast = program.optimize(OptimizeOptions.all())) {
                Torch.manualSeed(SEED);
                String optimised = difference(fast.run(inputs), python);
                return optimised == null ? EQUAL : "different when optimised: " + optimised;
            }
        } catch (UnsupportedProgramException e) {
            return "refused: " + String.join("; ", e.missing());
        } catch (IOException | RuntimeException e) {
            return "failed: " + String.valueOf(e).replaceAll("\\s+", " ");
        }
    }

    /** Returns the first output that is not Python's, or null. */
    private static @Nullable String difference(Outputs outputs, Map<String, Tensor> python) {
        for (int i = 0; i < outputs.all().size(); i++) {
            Tensor expected = python.get("out" + i);
            if (!(outputs.all().get(i) instanceof Tensor t) || expected == null || expected.numel() == 0) continue;
            Tensor a = t.to(DType.FLOAT64), e = expected.to(DType.FLOAT64);
            double largest = Math.max(e.abs().max().itemDouble(), 1e-6), difference = a.sub(e).abs().max().itemDouble();
            Tensor rounding = python.get("rounding" + i);
            double own = rounding == null ? Double.NaN : ROUNDINGS * rounding.itemDouble();
            double tolerance = own > TOLERANCE ? own : TOLERANCE;
            if (!(difference <= tolerance * largest)) return "output " + i + " by " + difference / largest;
        }
        return null;
    }

    /** Returns a line for each kind of outcome, the share of what Python exports, and what did not come out equal. */
    private static String table(Map<String, String> done) {
        var counts = new TreeMap<String, Integer>();
        List<String> rest = new ArrayList<>();
        int exported = 0, equal = 0;
        for (var e : done.entrySet()) {
            String kind = e.getValue().split(":")[0];
            counts.merge(kind, 1, Integer::sum);
            if (kind.startsWith("not ") || kind.equals("too large")) continue;
            exported++;
            if (kind.equals(EQUAL)) equal++;
            else rest.add(e.getKey() + ": " + e.getValue());
        }
        var text = new StringBuilder("\n| outcome | architectures |\n|---|---|\n");
        counts.forEach((kind, n) -> text.append("| ").append(kind).append(" | ").append(n).append(" |\n"));
        text.append(String.format(Locale.ROOT, "%nof %d that Python exports, %d (%.1f %%) are equal%n", exported, equal,
                exported == 0 ? 0 : 100.0 * equal / exported));
        rest.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
