package panatorch.codegen;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the Java source of the methods. */
final class MethodWriter {
    private final Results results;
    private final Map<String, String> constants = new LinkedHashMap<>();

    MethodWriter(Results results) { this.results = results; }

    /** Returns the declarations of the default arrays that the methods written so far need. */
    String constants() {
        return constants.entrySet().stream()
                .map(e -> "    private static final " + e.getKey().replaceFirst("new (\\w+\\[]) .*", "$1") + " " + e.getValue()
                        + " = " + e.getKey() + ";\n")
                .collect(Collectors.joining());
    }

    /** Returns the method that calls the operator, or a shortened one that calls that method. */
    String full(Method m, String modifiers) {
        return method(m, modifiers, m.name(), m.parameters(), m.full() ? body(m) : delegate(m));
    }

    /** Returns a method that calls the method of {@code Aten}; {@code self}, if not empty, stands for the first argument. */
    String forwarding(Method m, String modifiers, String name, String self) {
        var rest = self.isEmpty() ? m.parameters() : m.parameters().subList(1, m.parameters().size());
        var values = rest.stream().map(a -> JavaTypes.camel(a.name())).collect(Collectors.toList());
        if (!self.isEmpty()) values.addFirst(self);
        return method(m, modifiers, name, rest, statement(m, "Aten." + m.name() + "(" + String.join(", ", values) + ")"));
    }

    private String method(Method m, String modifiers, String name, List<Schema.Argument> parameters, String body) {
        String list = parameters.stream().map(a -> JavaTypes.declaration(a, m.variadic() && a == parameters.getLast()))
                .collect(Collectors.joining(", "));
        return "\n" + javadoc(m) + "    " + modifiers + results.type(m.schema()) + " " + name + "(" + list + ") {\n" + body + "    }\n";
    }

    private static String javadoc(Method m) {
        String rest = m.schema().arguments().stream().filter(a -> m.parameter(a) == null).map(a -> a.name() + "=" + a.fallback())
                .collect(Collectors.joining(", "));
        boolean reduces = m.parameters().stream().anyMatch(a -> a.name().equals("reduction") && a.element().equals("int"));
        if (rest.isEmpty())
            return "    /** Calls {@code " + m.schema().text() + "}."
                    + (reduces ? " A reduction of 0 stands for none, 1 for the mean, 2 for the sum." : "") + " */\n";
        if (m.options() != null)
            return "    /** Calls {@code " + m.schema().qualified() + "} with {@code options}. Their defaults are {@code " + rest
                    + "}. */\n";
        return "    /** Calls {@code " + m.schema().qualified() + "} with {@code " + rest + "}. */\n";
    }

    private static String statement(Method m, String call) {
        return "        " + (m.schema().returns().isEmpty() ? "" : "return ") + call + ";\n";
    }

    private String delegate(Method m) {
        return statement(m,
                m.name() + "(" + m.schema().arguments().stream().map(a -> argument(m, a)).collect(Collectors.joining(", ")) + ")");
    }

    /** Returns the expression that a shortened method passes for an argument. */
    private String argument(Method m, Schema.Argument a) {
        String name = JavaTypes.camel(a.name());
        var given = m.parameter(a);
        if (given == null) return m.options() == null ? shared(JavaTypes.fallback(a)) : "options." + name + "()";
        if (given.type().equals(a.type())) return name;
        if (given.type().equals("Tensor...")) return "Arrays.asList(" + name + ")";
        return a.list() ? "new long[] {" + String.join(", ", Collections.nCopies(a.copies(), name)) + "}"
                : "(" + JavaTypes.argument(a).java() + ") " + name;
    }

    private String shared(String expression) {
        return expression.startsWith(
                "new ") ? constants.computeIfAbsent(expression, e -> e.replaceFirst("new (\\w+)\\[] ", "$1S_").replace("-", "minus")
                        .replaceAll("\\W+", "_").replaceAll("_$", "").toUpperCase()) : expression;
    }

    private String body(Method m) {
        var b = new StringBuilder("        Call call = Call.begin(Ops." + m.schema().constant() + ");\n");
        for (var a : m.parameters())
            b.append("        call.").append(JavaTypes.argument(a).push()).append('(').append(JavaTypes.camel(a.name())).append(");\n");
        var returns = m.schema().returns();
        if (returns.isEmpty()) return b.append("        call.runVoid();\n").toString();
        if (returns.size() == 1) {
            var same = m.schema().returnedArgument(returns.getFirst());
            if (same != null && same.type().equals("Tensor"))
                return b.append("        return call.runInPlace(").append(JavaTypes.camel(same.name())).append(");\n").toString();
            if (returns.getFirst().type().equals("Tensor")) return b.append("        return call.runTensor();\n").toString();
        }
        b.append("        call.run();\n");
        String values = IntStream.range(0, returns.size()).mapToObj(i -> {
            var same = m.schema().returnedArgument(returns.get(i));
            return same != null && same.type().equals("Tensor") ? JavaTypes.camel(same.name())
                    : "call." + JavaTypes.result(returns.get(i)).push() + "(" + i + ")";
        }).collect(Collectors.joining(", "));
        String type = returns.size() == 1 ? JavaTypes.result(returns.getFirst()).java() : "var";
        b.append("        ").append(type).append(" results = ")
                .append(returns.size() == 1 ? values : "new " + results.type(m.schema()) + "(" + values + ")").append(";\n");
        return b.append("        call.end();\n        return results;\n").toString();
    }
}
