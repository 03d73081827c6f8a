package panatorch.codegen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes {@code Aten} (every operator, static), {@code TensorOps} (those of a tensor, as its methods), the classes of PyTorch's modules,
 * {@code Options}, {@code Results} and an index of the methods, from a list of operator schemas.
 *
 * <p>
 * usage: {@code java Generate.java SCHEMAS SOURCES RESOURCES}
 */
public final class Generate {
    static final String HEADER = "// Generated from aten-schemas.txt.\npackage panatorch;\n";
    static final String IMPORTS = "\nimport java.util.List;\nimport org.jspecify.annotations.Nullable;\n";

    /** Written by hand in {@code Tensor}: faster without the dispatcher, of another type than the operator's, or with more to say. */
    private static final Set<String> BY_HAND = Set.of("data", "numel", "dim", "size", "isContiguous", "equal", "allclose");

    private final List<Schema> schemas;
    private final List<Method> methods;
    private final OptionRecords options;
    private final Results results = new Results();
    private final MethodWriter writer = new MethodWriter(results);

    private Generate(List<Schema> schemas) {
        this.schemas = schemas;
        this.options = new OptionRecords(schemas);
        this.methods = Method.of(schemas, options);
    }

    public static void main(String[] args) throws IOException {
        List<Schema> schemas;
        try (var lines = Files.lines(Path.of(args[0]))) {
            schemas = lines.filter(l -> !l.startsWith("#")).map(Schema::parse).toList();
        }
        var g = new Generate(schemas);
        Path java = Files.createDirectories(Path.of(args[1], "panatorch"));
        Files.writeString(java.resolve("Ops.java"), g.operators());
        Files.writeString(java.resolve("Aten.java"), g.aten());
        Files.writeString(java.resolve("TensorOps.java"), g.tensorOps());
        Files.writeString(java.resolve("Linalg.java"), g.module("linalg", "torch.linalg", "matrix_norm"));
        Files.writeString(java.resolve("Fft.java"), g.module("fft", "torch.fft", "hfft2"));
        Files.writeString(java.resolve("Special.java"), g.module("special", "torch.special", "log_ndtr"));
        Files.writeString(java.resolve("Nn.java"), g.module("nn", "torch._C._nn", "avg_pool2d"));
        Files.writeString(java.resolve("Options.java"), g.options.source());
        Files.writeString(java.resolve("Results.java"), g.results.source());
        Path resources = Files.createDirectories(Path.of(args[2], "panatorch"));
        Files.writeString(resources.resolve("aten-methods.tsv"), g.index());
    }

    /**
     * For tests: an operator, the method of all its arguments, the one that takes its options, and the overload that writes to given
     * tensors.
     */
    private String index() {
        var withOptions = methods.stream().filter(m -> m.options() != null).collect(Collectors.toMap(Method::schema, Method::signature));
        return methods.stream().filter(Method::full)
                .map(m -> m.schema().qualified() + "\t" + m.signature() + "\t" + withOptions.getOrDefault(m.schema(), "") + "\t"
                        + m.schema().out() + "\n")
                .collect(Collectors.joining());
    }

    private String operators() {
        return HEADER
                + "\n/** The operators, one constant each, so that the JIT compiler treats them as constants. */\nfinal class Ops "
                + "{\n    private Ops() {}\n\n"
                + schemas.stream().map(s -> "    static final Operator " + s.constant() + " = new Operator(" + operator(s) + ");\n")
                        .collect(Collectors.joining())
                + "}\n";
    }

    private static String operator(Schema s) {
        String name = "\"" + s.name() + "\", \"" + s.overload() + "\"";
        if (s.out().isEmpty()) return name;
        var names = s.arguments().stream().map(Schema.Argument::name).toList();
        int made = Collections.indexOfSubList(names, List.of("dtype", "layout", "device", "pin_memory"));
        if (made < 0) return name + ", \"" + s.out() + "\"";
        String dtype = s.arguments().get(made).fallback();
        return name + ", \"" + s.out() + "\", " + made + ", " + (dtype.equals("None") ? "-1" : dtype);
    }

    private String aten() {
        String body = methods.stream().map(m -> writer.full(m, "public static ")).collect(Collectors.joining());
        return HEADER + "\nimport java.util.Arrays;" + IMPORTS + """

                /**
                 * Every operator of libtorch, as static methods.
                 *
                 * <p>
                 * Parameters are in the order of the schema. Optional ones can be left out from the end; operators with more than three of
                 * them also take a record of {@link Options}. Where the schema has a list of a fixed size, one number stands for each of
                 * its elements. {@link Out} makes an operator write to given tensors, as {@code out=} does in Python.
                 *
                 * <p>
                 * Results belong to the current {@link Scope}. Errors of libtorch are {@link TorchException}s.
                 */
                public final class Aten {
                    private Aten() {}

                """ + writer.constants() + body + "}\n";
    }

    private String tensorOps() {
        String body = methods.stream().filter(Generate::ofTensor)
                .map(m -> writer.forwarding(m, "public final ", m.name(), "(Tensor) this")).collect(Collectors.joining());
        return HEADER + IMPORTS + """

                /** The operators whose first argument is a tensor, as methods of that tensor. {@link Aten} has all operators. */
                public abstract sealed class TensorOps permits Tensor {
                    TensorOps() {}
                """ + body + "}\n";
    }

    private static boolean ofTensor(Method m) {
        var first = m.parameters().isEmpty() ? null : m.parameters().getFirst();
        return first != null && first.type().equals("Tensor") && first.name().equals("self")
                && !m.name().startsWith("_") && !BY_HAND.contains(m.name());
    }

    private String module(String module, String python, String example) {
        String type = JavaTypes.capital(module), prefix = module + ".";
        String body = methods.stream().filter(m -> m.schema().publicName().startsWith(prefix)).map(m -> {
            // An overload's suffix stays.
            String suffix = m.name().substring(JavaTypes.camel(m.schema().baseName()).length());
            return writer.forwarding(m, "public static ", JavaTypes.camel(m.schema().publicName().substring(prefix.length())) + suffix, "");
        }).collect(Collectors.joining());
        return HEADER + IMPORTS + """

                /**
                 * The operators of Python's {@code %s}. They have its names in camelCase: {@code %s} is {@link #%s}. Each
                 * calls an operator of {@link Aten}, which its Javadoc names.
                 */
                public final class %s {
                    private %s() {}
                """.formatted(python, example, JavaTypes.camel(example), type, type) + body + "}\n";
    }
}
