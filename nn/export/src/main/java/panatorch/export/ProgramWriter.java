package panatorch.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a program as the JSON text of {@code torch.export.save}. Sizes have hints: the values that they had when it was recorded. */
final class ProgramWriter {
    private static final JsonFactory FACTORY = new JsonFactory();
    /** The version of the format's features that are written here. */
    private static final int MINOR = 14;
    private static final int OPSET = 10;

    private final JsonGenerator json;
    private final GraphWriter graph;

    private ProgramWriter(JsonGenerator json, Map<String, Long> hints) {
        this.json = json;
        graph = new GraphWriter(json, hints);
    }

    /** @param hints example values of the symbols */
    static byte[] write(ProgramText text, Map<String, Long> hints) {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            new ProgramWriter(json, hints).program(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void program(ProgramText text) throws IOException {
        json.writeStartObject();
        json.writeObjectFieldStart("graph_module");
        json.writeFieldName("graph");
        graph.graph(text.graph());
        signature(text);
        calls(text);
        empty("metadata");
        empty("treespec_namedtuple_fields");
        json.writeEndObject();
        json.writeObjectFieldStart("opset_version");
        json.writeNumberField("aten", OPSET);
        json.writeEndObject();
        json.writeObjectFieldStart("range_constraints");
        for (var range : text.symbols().entrySet()) {
            json.writeObjectFieldStart(range.getKey());
            json.writeNumberField("min_val", range.getValue().min());
            json.writeFieldName("max_val");
            if (range.getValue().max() == Long.MAX_VALUE) json.writeNull();
            else json.writeNumber(range.getValue().max());
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeObjectFieldStart("schema_version");
        json.writeNumberField("major", ProgramReader.MAJOR);
        json.writeNumberField("minor", MINOR);
        json.writeEndObject();
        json.writeArrayFieldStart("verifiers");
        json.writeString("TRAINING");
        json.writeEndArray();
        json.writeStringField("torch_version", text.torchVersion());
        json.writeArrayFieldStart("guards_code");
        json.writeEndArray();
        json.writeEndObject();
    }

    private void empty(String name) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeEndObject();
    }

    private void signature(ProgramText text) throws IOException {
        json.writeObjectFieldStart("signature");
        json.writeArrayFieldStart("input_specs");
        for (ProgramText.InputSpec spec : text.inputs()) input(spec);
        json.writeEndArray();
        json.writeArrayFieldStart("output_specs");
        for (ProgramText.OutputSpec spec : text.outputs()) {
            json.writeStartObject();
            json.writeObjectFieldStart("user_output");
            json.writeFieldName("arg");
            graph.argument(spec.value());
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void input(ProgramText.InputSpec spec) throws IOException {
        String kind = switch (spec.kind()) {
            case USER -> "user_input";
            case PARAMETER -> "parameter";
            case BUFFER, TEMPORARY_BUFFER -> "buffer";
            case CONSTANT_TENSOR -> "tensor_constant";
            default -> throw new IllegalArgumentException("an input of the kind " + spec.kind() + " cannot be written");
        };
        json.writeStartObject();
        json.writeObjectFieldStart(kind);
        json.writeObjectFieldStart("arg");
        if (spec.kind() == ProgramText.InputKind.USER) json.writeObjectFieldStart("as_tensor");
        json.writeStringField("name", spec.name());
        if (spec.kind() == ProgramText.InputKind.USER) json.writeEndObject();
        json.writeEndObject();
        if (!spec.target().isEmpty()) json.writeStringField(kind + "_name", spec.target());
        if (kind.equals("buffer")) json.writeBooleanField("persistent", spec.kind() == ProgramText.InputKind.BUFFER);
        json.writeEndObject();
        json.writeEndObject();
    }

    private void calls(ProgramText text) throws IOException {
        json.writeArrayFieldStart("module_call_graph");
        json.writeStartObject();
        json.writeStringField("fqn", "");
        json.writeObjectFieldStart("signature");
        for (String list : List.of("inputs", "outputs")) {
            json.writeArrayFieldStart(list);
            json.writeEndArray();
        }
        json.writeStringField("in_spec", tree(text.inTree()));
        json.writeStringField("out_spec", tree(text.outTree()));
        json.writeArrayFieldStart("forward_arg_names");
        for (String name : text.argumentNames()) json.writeString(name);
        json.writeEndArray();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndArray();
    }

    /** Returns a structure as {@link TreeReader} reads it. */
    private static String tree(Tree tree) throws IOException {
        var text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartArray();
            json.writeNumber(1);
            tree(json, tree);
            json.writeEndArray();
        }
        return text.toString();
    }

    private static void tree(JsonGenerator json, Tree tree) throws IOException {
        @Nullable String type = null, context = null;
        if (tree instanceof Tree.Sequence s) {
            type = s.type();
            context = "null";
        } else if (tree instanceof Tree.Mapping m) {
            type = m.type();
            var keys = new StringWriter();
            try (JsonGenerator inner = FACTORY.createGenerator(keys)) {
                inner.writeStartArray();
                for (String key : m.keys()) inner.writeString(key);
                inner.writeEndArray();
            }
            context = keys.toString();
        }
        json.writeStartObject();
        json.writeStringField("type", type);
        json.writeStringField("context", context);
        json.writeArrayFieldStart("children_spec");
        for (Tree child : tree.children()) tree(json, child);
        json.writeEndArray();
        json.writeEndObject();
    }
}
