package panatorch.codegen;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Translates schema types, names and default values to Java. */
final class JavaTypes {
    private JavaTypes() {}

    /**
     * A type of the schema in Java.
     *
     * @param java the Java type, a primitive where the value cannot be absent
     * @param push the {@code Call} method that takes it
     */
    record Mapping(String java, String push) {}

    private static final Map<String, Mapping> PLAIN = Map.ofEntries(
            Map.entry("Tensor", new Mapping("Tensor", "tensor")),
            Map.entry("Tensor...", new Mapping("Tensor[]", "")),
            Map.entry("int", new Mapping("long", "integer")),
            Map.entry("SymInt", new Mapping("long", "integer")),
            Map.entry("float", new Mapping("double", "real")),
            Map.entry("bool", new Mapping("boolean", "bool")),
            Map.entry("Scalar", new Mapping("Number", "scalar")),
            Map.entry("str", new Mapping("String", "string")),
            Map.entry("ScalarType", new Mapping("DType", "dtype")),
            Map.entry("Layout", new Mapping("Layout", "layout")),
            Map.entry("MemoryFormat", new Mapping("MemoryFormat", "memoryFormat")),
            Map.entry("Device", new Mapping("Device", "device")),
            Map.entry("Generator", new Mapping("Generator", "generator")),
            Map.entry("Storage", new Mapping("NativeObject", "object")),
            Map.entry("Stream", new Mapping("NativeObject", "object")));

    private static final Map<String, Mapping> LISTS = Map.of(
            "Tensor", new Mapping("List<Tensor>", "tensors"),
            "Tensor?", new Mapping("List<? extends @Nullable Tensor>", "optionalTensors"),
            "int", new Mapping("long[]", "integers"),
            "SymInt", new Mapping("long[]", "integers"),
            "float", new Mapping("double[]", "reals"),
            "bool", new Mapping("boolean[]", "bools"),
            "Scalar", new Mapping("List<? extends Number>", "scalars"));

    private static final Map<String, String> BOXED = Map.of("long", "Long", "double", "Double", "boolean", "Boolean");

    /** The methods of {@code Call} that return a result as the Java type of {@link #result}, by schema type. */
    private static final Map<String, Mapping> RESULTS = Map.of(
            "Tensor", new Mapping("Tensor", "takeTensor"),
            "Tensor[]", new Mapping("List<Tensor>", "takeTensors"),
            "int", new Mapping("long", "takeLong"),
            "SymInt", new Mapping("long", "takeLong"),
            "QScheme", new Mapping("long", "takeLong"),
            "float", new Mapping("double", "takeDouble"),
            "bool", new Mapping("boolean", "takeBoolean"),
            "SymBool", new Mapping("boolean", "takeBoolean"),
            "Scalar", new Mapping("Number", "takeNumber"),
            "ScalarType", new Mapping("DType", "takeDType"));

    private static final Set<String> RESERVED = Set.of("default", "native", "int", "float", "double", "long", "new", "char",
            "byte", "short", "boolean", "this", "return", "for", "do", "if", "else", "switch", "case", "class", "interface");

    static Mapping argument(Schema.Argument a) {
        if (a.list()) {
            Mapping m = LISTS.getOrDefault(a.element(), new Mapping("List<NativeObject>", "objects"));
            return a.optional() ? new Mapping(m.java(), optional(m.push())) : m;
        }
        if (a.type().startsWith("Options.")) return new Mapping(a.type(), "");
        Mapping m = PLAIN.get(a.plain());
        if (m == null) throw new IllegalArgumentException("no Java type for " + a.type());
        return a.optional() ? new Mapping(BOXED.getOrDefault(m.java(), m.java()), optional(m.push())) : m;
    }

    /** Returns true if the Java type is a primitive. */
    static boolean primitive(Schema.Argument a) {
        return BOXED.containsKey(argument(a).java());
    }

    static Mapping result(Schema.Return r) { return RESULTS.getOrDefault(r.type(), new Mapping("NativeObject", "takeObject")); }

    /** Returns the declaration of a parameter with its nullness, for {@code variadic} as varargs. */
    static String declaration(Schema.Argument a, boolean variadic) {
        String java = argument(a).java(), nullable = a.optional() ? "@Nullable " : "";
        String type = !java.endsWith("[]") ? nullable + java
                : java.substring(0, java.length() - 2) + (a.optional() ? " @Nullable " : "") + (variadic ? "..." : "[]");
        return type + " " + camel(a.name());
    }

    /** Returns the default value of {@code a} as a Java expression of the exact type of its parameter. */
    static String fallback(Schema.Argument a) {
        String java = argument(a).java(), text = a.fallback();
        if (text.equals("None")) return "(" + java.replace("@Nullable ", "") + ") null";
        return switch (java) {
            case "long", "Long" -> "Long".equals(java) ? "(Long) (" + text + "L)" : text + "L";
            case "double", "Double" -> real(text);
            case "boolean", "Boolean" -> text.toLowerCase();
            case "Number" -> "(Number) (" + (text.matches("-?\\d+") ? text + "L" : real(text)) + ")";
            case "DType", "MemoryFormat", "Layout" -> java + ".ofCode(" + text + ")";
            case "long[]", "double[]", "boolean[]" -> "new " + java + " {" + elements(a) + "}";
            case "String" -> text;
            default -> throw new IllegalArgumentException("no Java default for " + a);
        };
    }

    private static String real(String text) { return text.endsWith(".") ? text + "0" : text; }

    /** Returns the elements of a default list. A single value stands for every element of a list of fixed size. */
    private static String elements(Schema.Argument a) {
        String text = a.fallback().toLowerCase();
        if (text.startsWith("[")) return text.substring(1, text.length() - 1);
        String size = a.plain().replaceAll(".*\\[(\\d*)]", "$1");
        return String.join(", ", java.util.Collections.nCopies(Integer.parseInt(size), text));
    }

    private static String optional(String push) { return "optional" + Character.toUpperCase(push.charAt(0)) + push.substring(1); }

    /** Converts {@code cross_entropy} to {@code crossEntropy}. Leading and trailing underscores stay. */
    static String camel(String name) {
        String head = name.replaceAll("^(_*).*", "$1"), tail = name.length() == head.length() ? "" : name.replaceAll(".*?(_*)$", "$1");
        String[] words = name.substring(head.length(), name.length() - tail.length()).split("_");
        String body = words[0] + Arrays.stream(words).skip(1).map(JavaTypes::capital).collect(Collectors.joining());
        return head + (RESERVED.contains(body) && tail.isEmpty() && head.isEmpty() ? body + "_" : body) + tail;
    }

    static String capital(String word) { return word.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1); }
}
