package panatorch.export;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.MemoryFormat;

/** Writes graphs and what they are made of, the counterpart of {@link GraphReader}. */
final class GraphWriter {
    private final JsonGenerator json;
    private final Map<String, Long> hints;

    GraphWriter(JsonGenerator json, Map<String, Long> hints) {
        this.json = json;
        this.hints = hints;
    }

    void graph(GraphText graph) throws IOException {
        json.writeStartObject();
        arguments("inputs", graph.inputs());
        arguments("outputs", graph.outputs());
        json.writeArrayFieldStart("nodes");
        for (GraphText.Node node : graph.nodes()) node(node);
        json.writeEndArray();
        json.writeObjectFieldStart("tensor_values");
        for (var t : graph.tensors().entrySet()) {
            json.writeFieldName(t.getKey());
            tensorMeta(t.getValue());
        }
        json.writeEndObject();
        json.writeObjectFieldStart("sym_int_values");
        for (var i : graph.integers().entrySet()) {
            json.writeFieldName(i.getKey());
            size(i.getValue());
        }
        json.writeEndObject();
        for (String none : List.of("sym_bool_values", "custom_obj_values", "sym_float_values")) {
            json.writeObjectFieldStart(none);
            json.writeEndObject();
        }
        json.writeBooleanField("is_single_tensor_return", false);
        json.writeEndObject();
    }

    private void arguments(String name, List<Argument> arguments) throws IOException {
        json.writeArrayFieldStart(name);
        for (Argument a : arguments) argument(a);
        json.writeEndArray();
    }

    private void node(GraphText.Node node) throws IOException {
        json.writeStartObject();
        json.writeStringField("target", node.target());
        json.writeArrayFieldStart("inputs");
        for (GraphText.Input input : node.inputs()) {
            json.writeStartObject();
            json.writeStringField("name", input.name());
            json.writeFieldName("arg");
            argument(input.argument());
            json.writeNumberField("kind", input.keyword() ? 2 : 1);
            json.writeEndObject();
        }
        json.writeEndArray();
        arguments("outputs", node.outputs());
        json.writeObjectFieldStart("metadata");
        if (!node.line().isEmpty()) json.writeStringField("stack_trace", "File " + node.line().replaceFirst(": ", "\n    "));
        json.writeEndObject();
        json.writeNullField("is_hop_single_tensor_return");
        json.writeStringField("name", node.name());
        json.writeEndObject();
    }

    // ---- arguments

    void argument(Argument a) throws IOException {
        json.writeStartObject();
        switch (a) {
            case Argument.Constant c -> constant(c.value());
            case Argument.Name n -> {
                json.writeObjectFieldStart(n.kind() == Argument.Kind.TENSOR ? "as_tensor" : "as_sym_int");
                json.writeStringField(n.kind() == Argument.Kind.TENSOR ? "name" : "as_name", n.name());
                json.writeEndObject();
            }
            case Argument.Items items -> items(items.items());
            default -> throw new IllegalArgumentException("an argument cannot be written: " + a);
        }
        json.writeEndObject();
    }

    private void constant(@Nullable Object value) throws IOException {
        switch (value) {
            case null -> json.writeBooleanField("as_none", true);
            case Long l -> json.writeNumberField("as_int", l);
            case Double d -> json.writeNumberField("as_float", d);
            case Boolean b -> json.writeBooleanField("as_bool", b);
            case String s -> json.writeStringField("as_string", s);
            case DType t -> json.writeNumberField("as_scalar_type", GraphReader.number(t));
            case Layout l -> json.writeNumberField("as_layout", GraphReader.number(l));
            case MemoryFormat f -> json.writeNumberField("as_memory_format", GraphReader.number(f));
            case Device d -> {
                json.writeFieldName("as_device");
                device(d);
            }
            case Complex c -> {
                json.writeObjectFieldStart("as_complex");
                json.writeNumberField("real", c.real());
                json.writeNumberField("imag", c.imaginary());
                json.writeEndObject();
            }
            default -> throw new IllegalArgumentException("a " + value.getClass().getSimpleName() + " cannot be written");
        }
    }

    private void items(List<Argument> items) throws IOException {
        boolean tensors = items.stream().allMatch(a -> a instanceof Argument.Name n && n.kind() == Argument.Kind.TENSOR);
        boolean names = items.stream().anyMatch(a -> a instanceof Argument.Name n && n.kind() == Argument.Kind.TENSOR);
        boolean symbolic = !names && items.stream().anyMatch(Argument.Name.class::isInstance);
        Object first = items.stream().filter(Argument.Constant.class::isInstance).map(a -> ((Argument.Constant) a).value()).findFirst()
                .orElse(null);
        String kind = items.isEmpty() ? "as_ints" : tensors ? "as_tensors" : names || first == null ? "as_optional_tensors"
                : symbolic ? "as_sym_ints" : first instanceof Double ? "as_floats" : first instanceof Boolean ? "as_bools"
                        : first instanceof String ? "as_strings" : "as_ints";
        json.writeArrayFieldStart(kind);
        for (Argument item : items) {
            if (item instanceof Argument.Name n && tensors) {
                json.writeStartObject();
                json.writeStringField("name", n.name());
                json.writeEndObject();
            } else if (names || symbolic && item instanceof Argument.Constant || kind.equals("as_optional_tensors")) {
                argument(item);
            } else if (item instanceof Argument.Name n) {
                json.writeStartObject();
                json.writeStringField("as_name", n.name());
                json.writeEndObject();
            } else {
                json.writePOJO(((Argument.Constant) item).value());
            }
        }
        json.writeEndArray();
    }

    // ---- tensors

    void tensorMeta(TensorMeta meta) throws IOException {
        json.writeStartObject();
        json.writeNumberField("dtype", GraphReader.number(meta.dtype()));
        json.writeArrayFieldStart("sizes");
        for (SymbolicExpression e : meta.sizes()) size(e);
        json.writeEndArray();
        json.writeBooleanField("requires_grad", meta.requiresGrad());
        json.writeFieldName("device");
        device(meta.device());
        json.writeArrayFieldStart("strides");
        for (SymbolicExpression e : meta.strides()) size(e);
        json.writeEndArray();
        json.writeFieldName("storage_offset");
        size(meta.offset());
        json.writeNumberField("layout", GraphReader.number(Layout.STRIDED));
        json.writeEndObject();
    }

    private void size(SymbolicExpression e) throws IOException {
        Long constant = e.constant();
        json.writeStartObject();
        if (constant != null) {
            json.writeNumberField("as_int", constant);
        } else {
            json.writeObjectFieldStart("as_expr");
            json.writeStringField("expr_str", sympy(e));
            Long hint = e.value(hints);
            json.writeFieldName("hint");
            if (hint == null) {
                json.writeNull();
            } else {
                json.writeStartObject();
                json.writeNumberField("as_int", hint);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** Returns a formula as sympy's {@code srepr} writes it. */
    private static String sympy(SymbolicExpression e) {
        return switch (e) {
            case SymbolicExpression.Number n -> "Integer(" + (long) n.value() + ")";
            case SymbolicExpression.Symbol s -> "Symbol('" + s.name() + "', positive=True, integer=True)";
            case SymbolicExpression.Call c -> c.function()
                    + c.arguments().stream().map(GraphWriter::sympy).collect(Collectors.joining(", ", "(", ")"));
        };
    }

    private void device(Device device) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", device.type().name().toLowerCase(java.util.Locale.ROOT));
        json.writeFieldName("index");
        if (device.type() == Device.Type.CUDA) json.writeNumber(device.index());
        else json.writeNull();
        json.writeEndObject();
    }
}
