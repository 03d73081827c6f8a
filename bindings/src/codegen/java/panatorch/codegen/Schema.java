package panatorch.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An operator schema, for example {@code aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor}.
 *
 * @param out the overload that writes the same results to given tensors, or empty
 * @param publicName its name in a module of Python's, {@code linalg.norm}, or empty
 */
record Schema(String text, String name, String overload, List<Argument> arguments, List<Return> returns, String out, String publicName) {

    /**
     * An argument of an operator.
     *
     * @param type the type without alias annotation, e.g. {@code int[2]?}
     * @param fallback the text of the default, or null
     */
    record Argument(String type, String alias, String name, String fallback) {
        boolean optional() { return type.endsWith("?"); }
        boolean list() { return plain().endsWith("]"); }
        /** Returns the same argument without its default and its optional mark. */
        Argument required() {
            return new Argument(plain(), alias, name, null);
        }
        /** Returns the length of an integer list that one number can stand for: 2 for {@code int[2]}; otherwise 0. */
        int copies() {
            return plain().matches("(Sym)?[Ii]nt\\[\\d]") ? plain().charAt(plain().length() - 2) - '0' : 0;
        }
        /** Returns the type without the optional mark. */
        String plain() {
            return optional() ? type.substring(0, type.length() - 1) : type;
        }
        /** Returns the element type of a list, or the type itself of anything else. */
        String element() {
            return list() ? plain().substring(0, plain().lastIndexOf('[')) : plain();
        }
    }

    /**
     * A result of an operator.
     *
     * @param name the name, or null if the schema gives none
     */
    record Return(String type, String alias, String name) {
        boolean mutated() { return alias.contains("!"); }
    }

    private static final Pattern WHOLE = Pattern.compile("(\\w+::\\w+)(?:\\.(\\w+))?\\((.*)\\) -> (.*)");
    private static final Pattern ALIAS = Pattern.compile("\\(([a-z]!?(?:\\|[a-z])*!?(?: -> \\*)?)\\)");

    static Schema parse(String line) {
        String[] columns = (line + "\t\t").split("\t", -1);
        String text = columns[0];
        Matcher m = WHOLE.matcher(text);
        if (!m.matches()) throw new IllegalArgumentException("not an operator schema: " + line);
        var arguments = new ArrayList<Argument>();
        for (String part : split(m.group(3))) {
            if (part.equals("*")) continue;
            int equals = part.indexOf('=');
            String fallback = equals < 0 ? null : part.substring(equals + 1);
            String head = equals < 0 ? part : part.substring(0, equals);
            int space = head.lastIndexOf(' ');
            String type = head.substring(0, space);
            arguments.add(new Argument(unaliased(type), alias(type), head.substring(space + 1), fallback));
        }
        var returns = new ArrayList<Return>();
        String all = m.group(4);
        boolean several = all.startsWith("(") && all.endsWith(")");
        for (String part : split(several ? all.substring(1, all.length() - 1) : all)) {
            int space = part.startsWith("Dict") ? -1 : part.lastIndexOf(' ');
            String type = space < 0 ? part : part.substring(0, space);
            returns.add(new Return(unaliased(type), alias(type), space < 0 ? null : part.substring(space + 1)));
        }
        return new Schema(text, m.group(1), m.group(2) == null ? "" : m.group(2), arguments, returns, columns[1], columns[2]);
    }

    /** Returns the name without its namespace. */
    String baseName() { return name.substring(name.indexOf("::") + 2); }

    /** Returns the name of the constant in {@code Ops}. */
    String constant() {
        return baseName() + (overload.isEmpty() ? "" : "__" + overload);
    }

    /** Returns the arguments that have a default. */
    List<Argument> optional() {
        return arguments.stream().filter(a -> a.fallback() != null).toList();
    }

    /** Returns the name with the overload: {@code aten::add.Tensor}. */
    String qualified() {
        return overload.isEmpty() ? name : name + "." + overload;
    }

    /** Returns the argument that is itself the result {@code r}, as of an in-place operator, or null. */
    Argument returnedArgument(Return r) {
        if (!r.mutated()) return null;
        return arguments.stream().filter(a -> a.alias().equals(r.alias())).findFirst().orElse(null);
    }

    private static String unaliased(String type) { return ALIAS.matcher(type).replaceAll(""); }

    private static String alias(String type) {
        Matcher m = ALIAS.matcher(type);
        return m.find() ? m.group(1) : "";
    }

    private static List<String> split(String text) {
        var parts = new ArrayList<String>();
        int depth = 0, from = 0;
        boolean quoted = false;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ',';
            if (c == '"') quoted = !quoted;
            if (quoted && c == '\\') i++;
            if (quoted) continue;
            if (c == '(' || c == '[') depth++;
            else if (c == ')' || c == ']') depth--;
            else if (c == ',' && depth == 0) {
                String part = text.substring(from, i).strip();
                if (!part.isEmpty()) parts.add(part);
                from = i + 1;
            }
        }
        return parts;
    }
}
