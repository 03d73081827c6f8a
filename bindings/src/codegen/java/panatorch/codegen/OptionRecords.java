package panatorch.codegen;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The records of optional arguments, for operators with more than three of them. Operators with the same optional arguments share a record,
 * named after the one of them with the shortest name; each has a factory under its own name.
 */
final class OptionRecords {
    private static final int MOST_WITHOUT = 3;
    private static final String TENSOR_OPTIONS = "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";

    /** The operators that share each list of optional arguments. */
    private final Map<String, List<Schema>> users = new LinkedHashMap<>();
    private final Map<String, String> types = new LinkedHashMap<>();
    /** The list of optional arguments that each factory stands for. */
    private final Map<String, String> factories = new TreeMap<>();

    OptionRecords(List<Schema> schemas) {
        for (Schema s : schemas) {
            if (s.optional().size() <= MOST_WITHOUT) continue;
            String list = list(s), name = JavaTypes.camel(s.baseName());
            users.computeIfAbsent(list, l -> new ArrayList<>()).add(s);
            // An overload with other options than the first has its overload's name, too.
            if (!list.equals(factories.computeIfAbsent(name, n -> list)))
                factories.put(name + JavaTypes.capital(JavaTypes.camel(s.overload())), list);
        }
        factories.put("tensorOptions", TENSOR_OPTIONS);
        users.keySet().forEach(list -> types.put(list, list.equals(TENSOR_OPTIONS) ? "TensorOptions" : typeName(list)));
        if (types.values().stream().distinct().count() != types.size())
            throw new IllegalStateException("two records of one name in " + types.values());
    }

    private String typeName(String list) {
        String shortest = factories.entrySet().stream().filter(f -> f.getValue().equals(list)).map(Map.Entry::getKey)
                .min(Comparator.<String>comparingInt(n -> n.startsWith("_") ? 1 : 0).thenComparingInt(String::length)).orElseThrow();
        return shortest.startsWith("_") ? "_" + JavaTypes.capital(shortest.substring(1)) : JavaTypes.capital(shortest);
    }

    private static String list(Schema s) { return s.optional().stream().map(OptionRecords::text).collect(Collectors.joining(", ")); }

    private static String text(Schema.Argument a) { return a.type() + " " + a.name() + "=" + a.fallback(); }

    /** Returns the Java type of an operator's options, or null if it has none. */
    String type(Schema s) {
        return types.containsKey(list(s)) ? "Options." + types.get(list(s)) : null;
    }

    String source() {
        var b = new StringBuilder(Generate.HEADER).append(Generate.IMPORTS).append("""

                /**
                 * Records of optional arguments, for operators that have more than three of them. A factory with the name of the operator
                 * returns the defaults. Each method of a record returns a copy with one argument changed:
                 * {@code torch.conv2d(x, w, stride=2, groups=4)} is
                 * {@code Aten.conv2d(x, w, Options.conv2d().stride(2, 2).groups(4))}.
                 *
                 * <p>
                 * Records are immutable and may be used by any thread. They do not own the tensors that they hold.
                 */
                public final class Options {
                    private Options() {}
                """);
        factories.forEach((name, list) -> b.append("\n    /** Returns the default options of {@code ").append(name)
                .append("}. */\n    public static ")
                .append(types.get(list))
                .append(' ').append(name).append("() { return ").append(types.get(list)).append(".DEFAULTS; }\n"));
        users.forEach((list, operators) -> b.append(record(types.get(list), list, operators)));
        return b.append("}\n").toString();
    }

    private static String record(String type, String list, List<Schema> operators) {
        var fields = operators.getFirst().optional();
        var b = new StringBuilder("\n    /**\n     * Optional arguments of ")
                .append(operators.stream().map(s -> "{@code " + s.qualified() + "}").collect(Collectors.joining(", ")))
                .append(": {@code ").append(list).append("}.\n     */\n    public record ").append(type).append('(')
                .append(fields.stream().map(a -> JavaTypes.declaration(a, false)).collect(Collectors.joining(", ")))
                .append(") {\n        static final ")
                .append(type).append(" DEFAULTS = new ").append(type).append('(')
                .append(fields.stream().map(JavaTypes::fallback).collect(Collectors.joining(", "))).append(");\n");
        var arrays = fields.stream().filter(OptionRecords::array).toList();
        if (!arrays.isEmpty())
            b.append("\n        public ").append(type).append(" {\n")
                    .append(arrays.stream().map(a -> "            " + name(a) + " = " + copy(a) + ";\n")
                            .collect(Collectors.joining()))
                    .append("        }\n");
        for (var a : arrays)
            b.append("\n        @Override public ").append(JavaTypes.declaration(a, false).replaceFirst(" \\w+$", "")).append(' ')
                    .append(name(a))
                    .append("() { return ").append(copy(a)).append("; }\n");
        for (var a : fields) {
            b.append(wither(type, fields, a, a));
            if (a.optional() && !a.required().equals(a) && JavaTypes.primitive(a.required()))
                b.append(wither(type, fields, a, a.required()));
        }
        b.append("\n        @Override public String toString() { return \"").append(type).append("[")
                .append(fields.stream().map(a -> name(a) + "=\" + " + (array(a) ? "java.util.Arrays.toString(" + name(a) + ")" : name(a)))
                        .collect(Collectors.joining(" + \", ")))
                .append(" + \"]\"; }\n");
        return b.append("    }\n").toString();
    }

    private static String wither(String type, List<Schema.Argument> fields, Schema.Argument changed, Schema.Argument as) {
        String values = fields.stream().map(OptionRecords::name).collect(Collectors.joining(", "));
        return "\n        public " + type + " " + name(changed) + "(" + JavaTypes.declaration(as, array(as)) + ") { return new " + type
                + "(" + values + "); }\n";
    }

    private static String name(Schema.Argument a) { return JavaTypes.camel(a.name()); }

    private static boolean array(Schema.Argument a) { return JavaTypes.argument(a).java().endsWith("[]"); }

    private static String copy(Schema.Argument a) { return (a.optional() ? name(a) + " == null ? null : " : "") + name(a) + ".clone()"; }
}
