package panatorch.codegen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes {@code Aten} (every operator, static), {@code TensorOps} (those of a tensor, as its methods),
 * {@code Results} and an index of the methods, from a list of operator schemas.
 *
 * <p>usage: {@code java Generate.java SCHEMAS SOURCES RESOURCES}
 */
public final class Generate {
    static final String HEADER = "// Generated from aten-schemas.txt.\npackage panatorch;\n";
    private static final String NULLABLE = "\nimport java.util.List;\nimport org.jspecify.annotations.Nullable;\n";

    /** Written by hand in {@code Tensor}: faster without the dispatcher, or of another type than the operator's. */
    private static final Set<String> BY_HAND = Set.of("data", "numel", "dim", "size", "isContiguous");

    private final Results results = new Results();
    private final Map<String, String> constants = new LinkedHashMap<>();

    public static void main(String[] args) throws IOException {
        List<Schema> schemas;
        try (var lines = Files.lines(Path.of(args[0]))) {
            schemas = lines.filter(l -> !l.startsWith("#")).map(Schema::parse).toList();
        }
        var methods = Method.of(schemas);
        var g = new Generate();
        Path java = Files.createDirectories(Path.of(args[1], "panatorch"));
        Files.writeString(java.resolve("Ops.java"), g.operators(schemas));
        Files.writeString(java.resolve("Aten.java"), g.aten(methods));
        Files.writeString(java.resolve("TensorOps.java"), g.tensorOps(methods));
        Files.writeString(java.resolve("Results.java"), g.results.source());
        Path resources = Files.createDirectories(Path.of(args[2], "panatorch"));
        Files.writeString(resources.resolve("aten-methods.tsv"), methods.stream().filter(Method::full)
                .map(m -> m.schema().qualified() + "\t" + m.signature() + "\n").collect(Collectors.joining()));
    }

    private String operators(List<Schema> schemas) {
        return HEADER + "\n/** One constant an operator, so that the compiler sees them as such. */\nfinal class Ops {\n    private Ops() {}\n\n"
                + schemas.stream().map(s -> "    static final Operator " + constant(s) + " = new Operator(\"" + s.name() + "\", \"" + s.overload() + "\");\n")
                        .collect(Collectors.joining()) + "}\n";
    }

    private static String constant(Schema s) { return s.baseName() + (s.overload().isEmpty() ? "" : "__" + s.overload()); }

    private String aten(List<Method> methods) {
        String body = methods.stream().map(m -> "\n" + javadoc(m) + head(m, "public static ", m.parameters()) + (m.full() ? body(m) : delegate(m)) + "    }\n")
                .collect(Collectors.joining());
        return HEADER + NULLABLE + """

                /**
                 * Every operator of libtorch but the {@code out=} variants, as static methods: the arguments in schema order, optional
                 * ones left out from the end. Results belong to the current {@link Scope}. Errors of libtorch are {@link TorchException}s.
                 */
                public final class Aten {
                    private Aten() {}

                """ + constants.entrySet().stream().map(e -> "    private static final " + e.getKey().replaceFirst("new (\\w+\\[]) .*", "$1") + " " + e.getValue()
                        + " = " + e.getKey() + ";\n").collect(Collectors.joining()) + body + "}\n";
    }

    private String tensorOps(List<Method> methods) {
        String body = methods.stream().filter(Generate::ofTensor).map(m -> {
            var rest = m.parameters().subList(1, m.parameters().size());
            String call = "Aten." + m.name() + "(" + ("(Tensor) this" + rest.stream().map(a -> ", " + JavaTypes.camel(a.name())).collect(Collectors.joining())) + ");\n";
            return "\n" + javadoc(m) + head(m, "public final ", rest) + "        " + (m.schema().returns().isEmpty() ? "" : "return ") + call + "    }\n";
        }).collect(Collectors.joining());
        return HEADER + NULLABLE + """

                /** The operators whose first argument is the tensor itself, as its methods; see {@link Aten} for all. */
                public abstract sealed class TensorOps permits Tensor {
                    TensorOps() {}
                """ + body + "}\n";
    }

    private static boolean ofTensor(Method m) {
        var first = m.parameters().isEmpty() ? null : m.parameters().getFirst();
        return first != null && first.type().equals("Tensor") && first.name().equals("self")
                && !m.name().startsWith("_") && !BY_HAND.contains(m.name());
    }

    private static String javadoc(Method m) {
        if (m.full()) return "    /** {@code " + m.schema().text() + "} */\n";
        String rest = m.schema().arguments().stream().filter(a -> !m.parameters().contains(a)).map(a -> a.name() + "=" + a.fallback()).collect(Collectors.joining(", "));
        return "    /** {@code " + m.schema().qualified() + "} with {@code " + rest + "} */\n";
    }

    private String head(Method m, String modifiers, List<Schema.Argument> parameters) {
        String list = parameters.stream().map(a -> JavaTypes.declaration(a, m.variadic() && a == parameters.getLast())).collect(Collectors.joining(", "));
        return "    " + modifiers + results.type(m.schema()) + " " + m.name() + "(" + list + ") {\n";
    }

    private String delegate(Method m) {
        String arguments = m.schema().arguments().stream().map(a -> m.parameters().contains(a) ? JavaTypes.camel(a.name()) : shared(JavaTypes.fallback(a)))
                .collect(Collectors.joining(", "));
        return "        " + (m.schema().returns().isEmpty() ? "" : "return ") + m.name() + "(" + arguments + ");\n";
    }

    /** A default array is made once. */
    private String shared(String expression) {
        return expression.startsWith("new ") ? constants.computeIfAbsent(expression, e -> e.replaceFirst("new (\\w+)\\[] ", "$1S_").replace("-", "minus")
                .replaceAll("\\W+", "_").replaceAll("_$", "").toUpperCase()) : expression;
    }

    private String body(Method m) {
        var b = new StringBuilder("        Call call = Call.begin(Ops." + constant(m.schema()) + ");\n");
        for (var a : m.parameters()) b.append("        call.").append(JavaTypes.argument(a).push()).append('(').append(JavaTypes.camel(a.name())).append(");\n");
        var returns = m.schema().returns();
        if (returns.isEmpty()) return b.append("        call.runVoid();\n").toString();
        if (returns.size() == 1) {
            var same = m.schema().returnedArgument(returns.getFirst());
            if (same != null && same.type().equals("Tensor")) return b.append("        return call.runInPlace(").append(JavaTypes.camel(same.name())).append(");\n").toString();
            if (returns.getFirst().type().equals("Tensor")) return b.append("        return call.runTensor();\n").toString();
        }
        b.append("        call.run();\n");
        String values = java.util.stream.IntStream.range(0, returns.size()).mapToObj(i -> {
            var same = m.schema().returnedArgument(returns.get(i));
            return same != null && same.type().equals("Tensor") ? JavaTypes.camel(same.name()) : "call." + JavaTypes.result(returns.get(i)).push() + "(" + i + ")";
        }).collect(Collectors.joining(", "));
        String type = returns.size() == 1 ? JavaTypes.result(returns.getFirst()).java() : "var";
        b.append("        ").append(type).append(" results = ").append(returns.size() == 1 ? values : "new " + results.type(m.schema()) + "(" + values + ")").append(";\n");
        return b.append("        call.end();\n        return results;\n").toString();
    }
}
