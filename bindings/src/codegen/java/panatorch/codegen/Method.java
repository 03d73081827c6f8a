package panatorch.codegen;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A Java method of an operator. An operator has one method with all its arguments, and shorter ones: without some of the last optional
 * arguments, with all optional arguments in a record, or with parameter types that are easier to write. A parameter stands for the argument
 * of its name.
 *
 * <p>
 * Handier are a {@code long} or {@code double}, which an {@code int} converts to, for a number that may be absent, and a {@code boolean}
 * beside it; one number, as in Python, for each list of a known size; {@code Tensor...} for a trailing list of tensors.
 */
record Method(Schema schema, String name, List<Schema.Argument> parameters) {
    private static final Set<String> NUMERIC = Set.of("int", "SymInt", "float", "Scalar");

    boolean full() { return parameters.equals(schema.arguments()); }

    /** Returns the parameter of an argument, or null if the method does not have it. */
    Schema.Argument parameter(Schema.Argument a) {
        return parameters.stream().filter(p -> p.name().equals(a.name())).findFirst().orElse(null);
    }

    /** Returns the parameter that holds all optional arguments, or null. */
    Schema.Argument options() {
        return parameters.isEmpty() || !parameters.getLast().type().startsWith("Options.") ? null : parameters.getLast();
    }

    /**
     * Returns true if the last parameter is a list that can be varargs: if no argument can be mistaken for another element of it.
     */
    boolean variadic() {
        if (parameters.isEmpty()) return false;
        var last = parameters.getLast();
        int at = schema.arguments().indexOf(last);
        return last.type().equals("Tensor...") || last.list() && NUMERIC.contains(last.element())
                && (parameters.size() == 1
                        || !parameters.subList(0, parameters.size() - 1).stream().allMatch(a -> !a.list() && NUMERIC.contains(a.element())))
                && schema.arguments().stream().skip(at + 1L).noneMatch(a -> NUMERIC.contains(a.element()) || a.element().equals("Tensor"));
    }

    /** Returns the erased signature, by which the Java compiler tells overloads apart. */
    String signature() {
        return name + parameters.stream().map(a -> JavaTypes.argument(a).java().replaceAll("<.*>", ""))
                .collect(Collectors.joining(",", "(", ")"));
    }

    /**
     * Returns the methods of all operators, from the required arguments to all. Full signatures go first: if two operators would get the
     * same one, the later keeps its overload name as a suffix. A shortened method is left out if its signature is taken (by then it means
     * the same: {@code std(self)} of three overloads).
     */
    static List<Method> of(List<Schema> schemas, OptionRecords options) {
        Map<Schema, String> names = new HashMap<>();
        Set<String> taken = new HashSet<>();
        for (Schema s : schemas) {
            String name = JavaTypes.camel(s.baseName());
            // To Java, a list of numbers and one of tensors are the same type.
            if (s.arguments().stream().anyMatch(a -> a.list() && a.element().equals("Scalar")))
                name += JavaTypes.capital(JavaTypes.camel(s.overload()));
            if (!taken.add(new Method(s, name, s.arguments()).signature())) {
                name += JavaTypes.capital(JavaTypes.camel(s.overload()));
                if (!taken.add(new Method(s, name, s.arguments()).signature()))
                    throw new IllegalStateException("two methods for " + s.text());
            }
            names.put(s, name);
        }
        Map<Schema, List<Method>> methods = new LinkedHashMap<>();
        for (Schema s : schemas) methods.put(s, new ArrayList<>(List.of(new Method(s, names.get(s), s.arguments()))));
        for (Schema s : schemas) {
            for (int given = s.optional().size() - 1; given >= 0; given--)
                add(methods, taken, new Method(s, names.get(s), first(s.arguments(), given)));
        }
        for (Schema s : schemas) {
            if (options.type(s) == null) continue;
            var parameters = first(s.arguments(), 0);
            parameters.add(new Schema.Argument(options.type(s), "", "options", null));
            add(methods, taken, new Method(s, names.get(s), parameters));
        }
        for (Schema s : schemas) {
            if (!s.baseName().startsWith("_"))
                for (Method m : List.copyOf(methods.get(s))) m.handier(taken).forEach(h -> add(methods, taken, h));
        }
        return methods.values().stream().flatMap(List::stream).toList();
    }

    /** Returns the same method with parameter types that are easier to write. */
    private List<Method> handier(Set<String> taken) {
        if (parameters.isEmpty() || options() != null) return List.of();
        var found = new ArrayList<Method>();
        boolean number = parameters.stream().map(a -> JavaTypes.argument(a).java()).anyMatch(t -> t.equals("Long") || t.equals("Double"));
        Method plain = number ? with(parameters.stream().map(a -> JavaTypes.primitive(a.required()) ? a.required() : a).toList()) : this;
        found.add(plain);
        found.add(with(plain.parameters.stream().map(a -> a.copies() > 0 ? new Schema.Argument("int", "", a.name(), null) : a).toList()));
        var last = parameters.getLast();
        if (!last.list() || !last.type().startsWith("Tensor[")) return found;
        var written = new ArrayList<>(parameters);
        written.set(written.size() - 1, new Schema.Argument("Tensor...", "", last.name(), null));
        Method m = with(written);
        // With one tensor the call would mean another operator: atleast1d(x).
        String one = m.signature().replaceFirst("\\[]\\)$", "");
        if (taken.stream().noneMatch(t -> t.startsWith(one) && !t.startsWith(one + "["))) found.add(m);
        return found;
    }

    private Method with(List<Schema.Argument> others) { return new Method(schema, name, others); }

    private static void add(Map<Schema, List<Method>> methods, Set<String> taken, Method m) {
        if (taken.add(m.signature())) methods.get(m.schema).add(m);
    }

    private static List<Schema.Argument> first(List<Schema.Argument> all, int optional) {
        var kept = new ArrayList<Schema.Argument>();
        for (var a : all) if (a.fallback() == null || optional-- > 0) kept.add(a);
        return kept;
    }
}
