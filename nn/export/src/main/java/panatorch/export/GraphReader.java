package panatorch.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.MemoryFormat;

/** Reads graphs and what they are made of. The numbers of types, layouts and memory formats are the format's own, not libtorch's. */
final class GraphReader {
    private static final Map<Long, DType> DTYPES = Map.ofEntries(Map.entry(1L, DType.UINT8), Map.entry(2L, DType.INT8),
            Map.entry(3L, DType.INT16), Map.entry(4L, DType.INT32), Map.entry(5L, DType.INT64), Map.entry(6L, DType.FLOAT16),
            Map.entry(7L, DType.FLOAT32), Map.entry(8L, DType.FLOAT64), Map.entry(9L, DType.COMPLEX32), Map.entry(10L, DType.COMPLEX64),
            Map.entry(11L, DType.COMPLEX128), Map.entry(12L, DType.BOOL), Map.entry(13L, DType.BFLOAT16), Map.entry(28L, DType.UINT16),
            Map.entry(29L, DType.FLOAT8_E4M3FN), Map.entry(30L, DType.FLOAT8_E5M2), Map.entry(31L, DType.FLOAT8_E4M3FNUZ),
            Map.entry(32L, DType.FLOAT8_E5M2FNUZ), Map.entry(33L, DType.FLOAT8_E8M0FNU), Map.entry(34L, DType.UINT32),
            Map.entry(35L, DType.UINT64));
    private static final List<Layout> LAYOUTS = List.of(Layout.SPARSE_COO, Layout.SPARSE_CSR, Layout.SPARSE_CSC, Layout.SPARSE_BSR,
            Layout.SPARSE_BSC, Layout.MKLDNN, Layout.STRIDED);
    private static final List<MemoryFormat> FORMATS =
            List.of(MemoryFormat.CONTIGUOUS, MemoryFormat.CHANNELS_LAST, MemoryFormat.CHANNELS_LAST_3D, MemoryFormat.PRESERVE);

    private static final Map<DType, Long> NUMBERS =
            DTYPES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    private final JsonReader json;

    GraphReader(JsonReader json) { this.json = json; }

    /** Returns the format's number of an element type. */
    static long number(DType dtype) {
        Long number = NUMBERS.get(dtype);
        if (number == null) throw new IllegalArgumentException("a program cannot hold " + dtype);
        return number;
    }

    static long number(Layout layout) { return LAYOUTS.indexOf(layout) + 1; }

    static long number(MemoryFormat format) { return FORMATS.indexOf(format) + 1; }

    GraphText graph() throws IOException {
        var found = new Object() {
            List<Argument> inputs = List.of(), outputs = List.of();
            List<GraphText.Node> nodes = List.of();
            final Map<String, TensorMeta> tensors = new HashMap<>();
            final Map<String, SymbolicExpression> integers = new HashMap<>();
        };
        json.object(member -> {
            switch (member) {
                case "inputs" -> found.inputs = json.list(this::argument);
                case "outputs" -> found.outputs = json.list(this::argument);
                case "nodes" -> found.nodes = json.list(this::node);
                case "tensor_values" -> json.object(name -> found.tensors.put(name, tensorMeta()));
                case "sym_int_values" -> json.object(name -> found.integers.put(name, size()));
                default -> {}
            }
        });
        return new GraphText(found.inputs, found.outputs, found.nodes, found.tensors, found.integers);
    }

    private GraphText.Node node() throws IOException {
        var found = new Object() {
            String name = "", target = "", line = "";
            List<GraphText.Input> inputs = List.of();
            List<Argument> outputs = List.of();
        };
        json.object(member -> {
            switch (member) {
                case "name" -> found.name = json.isNull() ? "" : json.text();
                case "target" -> found.target = json.text();
                case "inputs" -> found.inputs = json.list(this::input);
                case "outputs" -> found.outputs = json.list(this::argument);
                case "metadata" -> json.object(key -> { if (key.equals("stack_trace")) found.line = lastLine(json.text()); });
                default -> {}
            }
        });
        if (found.target.isEmpty()) throw json.fault("a node has no target");
        return new GraphText.Node(found.name, found.target, found.inputs, found.outputs, found.line);
    }

    /** Returns the innermost line of a stack trace of Python's: {@code model.py", line 7, in forward: return x.view(3)}. */
    private static String lastLine(String trace) {
        int at = trace.lastIndexOf("File \"");
        if (at < 0) return "";
        String[] lines = trace.substring(at).strip().split("\n");
        return (lines[0].strip() + (lines.length > 1 ? ": " + lines[1].strip() : "")).replaceFirst("^File ", "");
    }

    private GraphText.Input input() throws IOException {
        var found = new Object() {
            String name = "";
            @Nullable
            Argument argument;
            boolean keyword;
        };
        json.object(member -> {
            switch (member) {
                case "name" -> found.name = json.text();
                case "arg" -> found.argument = argument();
                case "kind" -> found.keyword = !json.isNull() && json.integer() == 2;
                default -> {}
            }
        });
        if (found.argument == null) throw json.fault("an input has no arg");
        return new GraphText.Input(found.name, found.argument, found.keyword);
    }

    // ---- arguments

    /** A user's input or output: a value of the graph, by name and kind, or a constant, whose name is empty. */
    record Value(Argument argument, String name, boolean isNumber) {}

    /** Reads an argument of which it matters whether it is a tensor or a number. */
    Value value() throws IOException {
        return json.union(kind -> () -> {
            Argument a = argument(kind);
            if (a instanceof Argument.Name n) return new Value(a, n.name(), n.kind() != Argument.Kind.TENSOR);
            return new Value(a, a instanceof Argument.PythonOnly p ? p.name() : "", false);
        });
    }

    /** Reads {@code {"name": …}}. */
    Value named() throws IOException {
        Argument.Name name = name();
        return new Value(name, name.name(), false);
    }

    private Argument.Name name() throws IOException {
        var found = new String[] {""};
        json.object(member -> { if (member.equals("name")) found[0] = json.text(); });
        if (found[0].isEmpty()) throw json.fault("a value has no name");
        return new Argument.Name(found[0], Argument.Kind.TENSOR);
    }

    Argument argument() throws IOException { return json.union(kind -> () -> argument(kind)); }

    /** Reads a constant, as those among the inputs. */
    Argument constant() throws IOException {
        Argument a = argument();
        if (a instanceof Argument.Constant) return a;
        throw json.fault("there should be a constant");
    }

    private Argument argument(String kind) throws IOException {
        return switch (kind) {
            case "as_none" -> Argument.NONE;
            case "as_tensor" -> name();
            case "as_optional_tensor" -> argument();
            case "as_sym_int" -> symbolic(Argument.Kind.INT);
            case "as_sym_float" -> symbolic(Argument.Kind.REAL);
            case "as_sym_bool" -> symbolic(Argument.Kind.BOOL);
            case "as_tensors" -> items(this::name);
            case "as_optional_tensors" -> items(this::argument);
            case "as_sym_ints" -> items(() -> symbolic(Argument.Kind.INT));
            case "as_sym_floats" -> items(() -> symbolic(Argument.Kind.REAL));
            case "as_sym_bools" -> items(() -> symbolic(Argument.Kind.BOOL));
            case "as_int" -> new Argument.Constant(json.integer());
            case "as_float" -> new Argument.Constant(json.real());
            case "as_bool" -> new Argument.Constant(json.bool());
            case "as_string", "as_operator" -> new Argument.Constant(json.text());
            case "as_complex" -> complex();
            case "as_ints" -> items(() -> new Argument.Constant(json.integer()));
            case "as_floats" -> items(() -> new Argument.Constant(json.real()));
            case "as_bools" -> items(() -> new Argument.Constant(json.bool()));
            case "as_strings" -> items(() -> new Argument.Constant(json.text()));
            case "as_nested_tensors" -> items(() -> items(this::name));
            case "as_int_lists" -> items(() -> items(() -> new Argument.Constant(json.integer())));
            case "as_float_lists" -> items(() -> items(() -> new Argument.Constant(json.real())));
            case "as_string_to_argument" -> fields();
            case "as_scalar_type" -> new Argument.Constant(dtype());
            case "as_layout" -> new Argument.Constant(numbered(LAYOUTS, "layout"));
            case "as_memory_format" -> new Argument.Constant(numbered(FORMATS, "memory format"));
            case "as_device" -> new Argument.Constant(device());
            case "as_graph" -> subgraph();
            case "as_custom_obj" -> customObject();
            case "as_token" -> new Argument.PythonOnly(name().name(), "a token");
            default -> throw json.fault("'" + kind + "' is not known to this version");
        };
    }

    /** Reads a number of the graph, or a constant one. */
    private Argument symbolic(Argument.Kind kind) throws IOException {
        return json.union(form -> () -> form.equals("as_name") ? new Argument.Name(json.text(), kind) : argument(form));
    }

    private Argument items(JsonReader.Part<Argument> element) throws IOException { return new Argument.Items(json.list(element)); }

    private Argument fields() throws IOException {
        var fields = new LinkedHashMap<String, Argument>();
        json.object(key -> fields.put(key, argument()));
        return new Argument.Fields(fields);
    }

    private Argument complex() throws IOException {
        var parts = new double[2];
        json.object(part -> {
            if (part.equals("real")) parts[0] = json.real();
            if (part.equals("imag")) parts[1] = json.real();
        });
        return new Argument.Constant(new Complex(parts[0], parts[1]));
    }

    private Argument subgraph() throws IOException {
        var found = new Object() {
            String name = "";
            @Nullable
            GraphText graph;
        };
        json.object(member -> {
            if (member.equals("name")) found.name = json.text();
            if (member.equals("graph")) found.graph = graph();
        });
        if (found.graph == null) throw json.fault("a graph is missing");
        return new Argument.Subgraph(found.name, found.graph);
    }

    private Argument customObject() throws IOException {
        var found = new String[] {"", "?"};
        json.object(member -> {
            if (member.equals("name")) found[0] = json.text();
            if (member.equals("class_fqn")) found[1] = json.text();
        });
        return new Argument.PythonOnly(found[0], "an object of the class " + found[1]);
    }

    // ---- tensors

    TensorMeta tensorMeta() throws IOException {
        var found = new Object() {
            @Nullable
            DType dtype;
            List<SymbolicExpression> sizes = List.of(), strides = List.of();
            SymbolicExpression offset = SymbolicExpression.of(0);
            boolean requiresGrad;
            Device device = Device.CPU;
        };
        json.object(member -> {
            switch (member) {
                case "dtype" -> found.dtype = dtype();
                case "sizes" -> found.sizes = json.list(this::size);
                case "strides" -> found.strides = json.list(this::size);
                case "storage_offset" -> found.offset = size();
                case "requires_grad" -> found.requiresGrad = json.bool();
                case "device" -> found.device = device();
                default -> {}
            }
        });
        if (found.dtype == null) throw json.fault("a tensor has no dtype");
        return new TensorMeta(found.dtype, found.sizes, found.strides, found.offset, found.requiresGrad, found.device);
    }

    private SymbolicExpression size() throws IOException {
        return json.union(kind -> switch (kind) {
            case "as_int" -> () -> SymbolicExpression.of(json.integer());
            case "as_expr" -> this::expression;
            default -> null;
        });
    }

    private SymbolicExpression expression() throws IOException {
        var found = new ArrayList<SymbolicExpression>();
        json.object(member -> {
            if (!member.equals("expr_str")) return;
            try {
                found.add(SymbolicExpression.parse(json.text()));
            } catch (IllegalArgumentException e) {
                throw json.fault(String.valueOf(e.getMessage()));
            }
        });
        if (found.isEmpty()) throw json.fault("an expression has no expr_str");
        return found.getFirst();
    }

    private DType dtype() throws IOException {
        DType type = DTYPES.get(json.integer());
        if (type == null) throw json.fault(json.integer() + " is not the number of an element type");
        return type;
    }

    private <T> T numbered(List<T> values, String what) throws IOException {
        long number = json.integer();
        if (number < 1 || number > values.size()) throw json.fault(number + " is not the number of a " + what);
        return values.get((int) number - 1);
    }

    private Device device() throws IOException {
        var found = new Object() {
            String type = "";
            long index = -1;
        };
        json.object(member -> {
            if (member.equals("type")) found.type = json.text();
            if (member.equals("index") && !json.isNull()) found.index = json.integer();
        });
        try {
            return Device.of(found.type.equals("cuda") && found.index >= 0 ? "cuda:" + found.index : found.type);
        } catch (IllegalArgumentException e) {
            throw json.fault(String.valueOf(e.getMessage()));
        }
    }
}
