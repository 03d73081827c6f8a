package panatorch.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.MemoryFormat;

/** Writes a program's graph as the Python code that {@code exported_program.graph_module.code} shows. */
final class GraphCode {
    private final StringBuilder code = new StringBuilder();
    /** For each value the place after which nobody needs it: the number of a line, or none for an output. */
    private final Map<String, Integer> lastUses = new HashMap<>();
    private final List<Line> lines = new ArrayList<>();

    /** A line: what it calls, the values that it makes and those that it uses. */
    private record Line(String name, String call, List<String> uses) {}

    private GraphCode() {}

    static String of(ProgramText program) {
        var text = new GraphCode();
        text.collect(program);
        return text.write(program);
    }

    private void collect(ProgramText program) {
        for (GraphText.Node node : program.graph().nodes()) {
            List<String> names = names(node.outputs());
            boolean single =
                    node.outputs().size() <= 1 && !(node.outputs().size() == 1 && node.outputs().getFirst() instanceof Argument.Items)
                            && (names.isEmpty() || node.name().isEmpty() || names.getFirst().equals(node.name()));
            var uses = new ArrayList<String>();
            var graphs = new ArrayList<String>();
            for (GraphText.Input i : node.inputs()) {
                uses(i.argument(), uses);
                if (i.argument() instanceof Argument.Subgraph s) graphs.add(s.name());
            }
            String call = node.target() + node.inputs().stream().map(GraphCode::argument).collect(Collectors.joining(", ", "(", ")"));
            for (String g : graphs) lines.add(new Line(g, "self." + g, List.of()));
            lines.add(new Line(node.name().isEmpty() && !names.isEmpty() ? names.getFirst() : node.name(), symbolic(node, call), uses));
            if (!single) items(node.name(), node.outputs());
        }
        for (int i = 0; i < lines.size(); i++) for (String use : lines.get(i).uses) lastUses.put(use, i);
        for (Argument out : program.graph().outputs()) {
            var uses = new ArrayList<String>();
            uses(out, uses);
            uses.forEach(u -> lastUses.put(u, Integer.MAX_VALUE));
        }
    }

    /** Adds the lines that take apart what a call returns. */
    private void items(String node, List<Argument> outputs) {
        List<Argument> parts = outputs.size() == 1 && outputs.getFirst() instanceof Argument.Items items ? items.items() : outputs;
        for (int i = 0; i < parts.size(); i++)
            if (parts.get(i) instanceof Argument.Name n)
                lines.add(new Line(n.name(), node + "[" + i + "]", List.of(node)));
    }

    private static List<String> names(List<Argument> outputs) {
        var names = new ArrayList<String>();
        outputs.forEach(a -> uses(a, names));
        return names;
    }

    private static void uses(Argument a, List<String> into) {
        switch (a) {
            case Argument.Name n -> into.add(n.name());
            case Argument.Items items -> items.items().forEach(i -> uses(i, into));
            case Argument.Fields fields -> fields.fields().values().forEach(f -> uses(f, into));
            case Argument.Subgraph s -> into.add(s.name());
            default -> {}
        }
    }

    private static String symbolic(GraphText.Node node, String call) {
        String[] values = node.inputs().stream().map(i -> text(i.argument())).toArray(String[]::new);
        String operator = switch (node.target()) {
            case "_operator.add" -> "+";
            case "_operator.sub" -> "-";
            case "_operator.mul" -> "*";
            case "_operator.floordiv" -> "//";
            case "_operator.truediv" -> "/";
            case "_operator.mod" -> "%";
            case "_operator.pow" -> "**";
            case "_operator.and_" -> "&";
            case "_operator.or_" -> "|";
            case "_operator.lshift" -> "<<";
            case "_operator.rshift" -> ">>";
            case "_operator.eq" -> "==";
            case "_operator.ne" -> "!=";
            case "_operator.lt" -> "<";
            case "_operator.le" -> "<=";
            case "_operator.gt" -> ">";
            case "_operator.ge" -> ">=";
            default -> null;
        };
        if (node.target().equals("_operator.neg")) return "-" + values[0];
        return operator != null && values.length == 2 ? values[0] + " " + operator + " " + values[1] : call;
    }

    private static String argument(GraphText.Input i) { return (i.keyword() ? i.name() + " = " : "") + text(i.argument()); }

    private static String text(Argument a) {
        return switch (a) {
            case Argument.Name n -> n.name();
            case Argument.Constant c -> constant(c.value());
            case Argument.Items items -> items.items().stream().map(GraphCode::text).collect(Collectors.joining(", ", "[", "]"));
            case Argument.Fields fields -> fields.fields().entrySet().stream().map(e -> "'" + e.getKey() + "': " + text(e.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
            case Argument.Subgraph s -> s.name();
            case Argument.PythonOnly p -> p.name();
        };
    }

    private static String constant(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean b -> b ? "True" : "False";
            case String s -> quoted(s);
            case Double d -> real(d);
            case Complex c -> "(" + real(c.real()) + "+" + real(c.imaginary()) + "j)";
            case DType t -> "torch." + t;
            case Device d -> "device(type='" + d.type().name().toLowerCase(Locale.ROOT) + "'"
                    + (d.index() < 0 ? "" : ", index=" + d.index()) + ")";
            case Layout l -> "torch." + l.name().toLowerCase(Locale.ROOT);
            case MemoryFormat f -> "torch." + f.name().toLowerCase(Locale.ROOT)
                    + (f == MemoryFormat.CONTIGUOUS || f == MemoryFormat.PRESERVE ? "_format" : "");
            default -> value.toString();
        };
    }

    /** Returns a text as Python prints it: in double quotes only if it has single ones alone. */
    private static String quoted(String s) {
        String text = s.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
        return s.contains("'") && !s.contains("\"") ? '"' + text + '"' : "'" + text.replace("'", "\\'") + "'";
    }

    /** Returns a number as Python prints it: {@code 1e-05} where Java has {@code 1.0E-5}. */
    private static String real(double d) {
        if (Double.isNaN(d)) return "nan";
        if (Double.isInfinite(d)) return d > 0 ? "inf" : "-inf";
        String text = Double.toString(d);
        int e = text.indexOf('E');
        double size = Math.abs(d);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            String mantissa = e < 0 ? text : text.substring(0, e);
            int exponent = e < 0 ? 0 : Integer.parseInt(text.substring(e + 1));
            String digits = mantissa.endsWith(".0") ? mantissa.substring(0, mantissa.length() - 2) : mantissa;
            return digits + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        if (e < 0) return text;
        String plain = new java.math.BigDecimal(text).toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    private String write(ProgramText program) {
        List<String> inputs = new ArrayList<>();
        for (ProgramText.InputSpec i : program.inputs()) inputs.add(i.name());
        code.append("\n\n\ndef forward(self");
        inputs.forEach(i -> code.append(", ").append(i));
        code.append("):\n");
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            code.append("    ").append(line.name).append(" = ").append(line.call);
            List<String> ending = ending(i, line);
            if (!ending.isEmpty()) code.append(";  ").append(String.join(" = ", ending)).append(" = None");
            code.append('\n');
        }
        List<String> outputs = program.graph().outputs().stream().map(GraphCode::text).toList();
        code.append("    return (").append(String.join(", ", outputs)).append(outputs.size() == 1 ? ",)" : ")").append("\n    ");
        return code.toString();
    }

    /** Returns the values that nobody needs after a line, in the order in which Python deletes them. */
    private List<String> ending(int at, Line line) {
        var ending = new ArrayList<String>();
        for (String use : line.uses) if (lastUses.getOrDefault(use, -1) == at && !ending.contains(use)) ending.add(use);
        if (!lastUses.containsKey(line.name)) ending.add(line.name);
        return ending;
    }
}
