package panatorch.codegen;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The records that operators with several results return, named after their fields, or after the operator where those are many. */
final class Results {
    private final Map<String, String> records = new TreeMap<>();

    /** The Java type an operator's method returns. */
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

                /** What operators with several results return; fields in the order and by the names of the schema. */
                public final class Results {
                    private Results() {}
                """);
        records.forEach((name, fields) -> b.append("\n    /** ").append(name).append(" as operators return it. */\n    public record ")
                .append(name).append('(').append(fields).append(") {}\n"));
        return b.append("}\n").toString();
    }
}
