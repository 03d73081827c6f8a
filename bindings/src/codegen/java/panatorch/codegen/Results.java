package panatorch.codegen;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The records that operators with several results return, named after their fields, or after the operator where those are many. */
final class Results {
    private static final int MOST_NAMED = 3;

    private final Map<String, String> records = new TreeMap<>();
    /** The operators that return each record. */
    private final Map<String, Set<String>> operators = new HashMap<>();

    /** Returns the Java type of the result of an operator's method. */
    String type(Schema s) {
        List<Schema.Return> returns = s.returns();
        if (returns.isEmpty()) return "void";
        if (returns.size() == 1) return JavaTypes.result(returns.getFirst()).java();
        String fields = IntStream.range(0, returns.size())
                .mapToObj(i -> JavaTypes.result(returns.get(i)).java() + " " + field(returns.get(i), i)).collect(Collectors.joining(", "));
        String name = name(s);
        if (!fields.equals(records.getOrDefault(name, fields)))
            name += fields.contains("List<") ? "Lists" : JavaTypes.capital(JavaTypes.camel(s.overload()));
        if (!fields.equals(records.getOrDefault(name, fields))) throw new IllegalStateException("two records " + name);
        records.put(name, fields);
        operators.computeIfAbsent(name, n -> new LinkedHashSet<>()).add("{@code " + s.qualified() + "}");
        return "Results." + name;
    }

    private static String field(Schema.Return r, int i) { return r.name() == null ? "result" + i : JavaTypes.camel(r.name()); }

    private static String name(Schema s) {
        boolean named = s.returns().stream().allMatch(r -> r.name() != null),
                unnamed = s.returns().stream().allMatch(r -> r.name() == null);
        if (s.returns().size() <= 3 && named)
            return s.returns().stream().map(r -> JavaTypes.capital(JavaTypes.camel(r.name()))).collect(Collectors.joining());
        if (unnamed && s.returns().stream().allMatch(r -> r.type().equals("Tensor"))) return "Tensors" + s.returns().size();
        return JavaTypes.capital(JavaTypes.camel(s.baseName()).replace("_", "")) + "Result";
    }

    String source() {
        var b = new StringBuilder(Generate.HEADER).append("""

                import java.util.List;

                /** Records for operators with several results. The fields have the order and the names of the schema. */
                public final class Results {
                    private Results() {}
                """);
        records.forEach((name, fields) -> b.append("\n    /** The results of ").append(operators(name)).append(". */\n    public record ")
                .append(name).append('(').append(fields).append(") {}\n"));
        return b.append("}\n").toString();
    }

    private String operators(String record) {
        var all = List.copyOf(operators.get(record));
        if (all.size() <= MOST_NAMED) return String.join(" and ", all);
        return String.join(", ", all.subList(0, MOST_NAMED)) + " and " + (all.size() - MOST_NAMED) + " other operators";
    }
}
