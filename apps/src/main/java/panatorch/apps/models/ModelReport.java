package panatorch.apps.models;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import panatorch.apps.console.Counted;
import panatorch.apps.console.Printable;
import panatorch.apps.models.ModelSummary.SavedTensor;

/** Prints a {@link ModelSummary} for people. */
public final class ModelReport {
    private static final int LARGEST = 5;

    private ModelReport() {}

    public static void print(ModelSummary m, PrintWriter out) {
        long parameters = m.tensors().stream().filter(SavedTensor::parameter).mapToLong(SavedTensor::numel).sum();
        out.println(m.kind() + (m.version() == null ? "" : " of torch " + Printable.line(m.version())) + ", "
                + Counted.of(parameters, "parameter"));
        if (!m.programs().isEmpty()) out.println("programs: " + Printable.line(String.join(", ", m.programs())));
        values("inputs", m.inputs(), out);
        values("outputs", m.outputs(), out);
        values("sizes that may differ", m.sizes(), out);
        operators(m.operators(), out);
        weights(m.tensors(), out);
        if (!m.extraFiles().isEmpty()) {
            out.println("extra files");
            m.extraFiles().forEach((name, bytes) -> out.printf(Locale.ROOT, "  %s  %,d bytes%n", Printable.line(name), bytes));
        }
        if (m.missing().isEmpty() && m.tensors().stream().allMatch(SavedTensor::present)) {
            out.println("nothing is missing: panatorch run can run it");
        } else if (!m.missing().isEmpty()) {
            out.println("missing");
            for (String what : m.missing()) out.println("  " + Printable.line(what));
        }
    }

    private static void values(String title, Map<String, String> types, PrintWriter out) {
        if (types.isEmpty()) return;
        out.println(title);
        int width = types.keySet().stream().mapToInt(n -> Printable.line(n).length()).max().orElse(0);
        types.forEach((name, type) -> out.printf("  %-" + Math.max(1, width) + "s  %s%n", Printable.line(name), Printable.line(type)));
    }

    private static void operators(Map<String, Integer> operators, PrintWriter out) {
        int calls = operators.values().stream().mapToInt(n -> n).sum();
        out.println("operators: " + Counted.of(calls, "call") + " of " + Counted.of(operators.size(), "operator"));
        operators.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, Integer> e) -> -e.getValue()).thenComparing(Map.Entry::getKey))
                .forEach(e -> out.printf(Locale.ROOT, "  %,6d  %s%n", e.getValue(), Printable.line(e.getKey())));
    }

    private static void weights(List<SavedTensor> tensors, PrintWriter out) {
        long bytes = tensors.stream().filter(SavedTensor::present).mapToLong(SavedTensor::bytes).sum();
        out.println("weights: " + Counted.of(tensors.size(), "tensor") + ", " + Counted.of(bytes, "byte"));
        var byType = new TreeMap<>(tensors.stream().collect(Collectors.groupingBy(SavedTensor::dtype)));
        byType.forEach((dtype, all) -> out.println("  " + dtype + "  " + Counted.of(all.size(), "tensor") + ", "
                + Counted.of(all.stream().mapToLong(SavedTensor::numel).sum(), "number")));
        long absent = tensors.stream().filter(t -> !t.present()).count();
        if (absent > 0)
            out.println("  " + Counted.of(absent, "tensor") + " without data: --weights of panatorch run names a file with them");
        List<SavedTensor> largest =
                tensors.stream().sorted(Comparator.comparingLong((SavedTensor t) -> -t.bytes())).limit(LARGEST).toList();
        if (!largest.isEmpty()) out.println("  the largest, --json has all:");
        for (SavedTensor t : largest)
            out.printf(Locale.ROOT, "    %s  %s  %s  %,d bytes%n", Printable.line(t.name()), t.shape(), t.dtype(), t.bytes());
    }
}
