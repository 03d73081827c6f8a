package panatorch.export;

import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.export.ProgramText.InputKind;
import panatorch.export.ProgramText.InputSpec;
import panatorch.export.ProgramText.OutputKind;
import panatorch.export.ProgramText.OutputSpec;

/**
 * Reads a program's text, the JSON of {@code torch._export.serde.schema}, version 8 with any minor number. It is read in one pass and
 * checked as far as the text alone tells.
 */
final class ProgramReader {
    static final int MAJOR = 8;

    private final JsonReader json;
    private final String entry;
    private final Function<String, IOException> malformed;
    private @Nullable GraphText graph;
    private List<InputSpec> inputs = List.of();
    private List<OutputSpec> outputs = List.of();
    private @Nullable String inTree, outTree;
    private final Map<String, List<String>> fieldNames = new HashMap<>();
    private List<String> argumentNames = List.of(), guards = List.of();
    private final Map<String, Signature.Range> symbols = new LinkedHashMap<>();
    private String torchVersion = "unknown";
    private long major = -1;

    private ProgramReader(JsonReader json, String entry, Function<String, IOException> malformed) {
        this.json = json;
        this.entry = entry;
        this.malformed = malformed;
    }

    static ProgramText read(byte[] text, String entry, Function<String, IOException> malformed) throws IOException {
        return JsonReader.read(text, entry, malformed, json -> new ProgramReader(json, entry, malformed)::program);
    }

    private ProgramText program() throws IOException {
        json.object(name -> {
            switch (name) {
                case "graph_module" -> json.object(this::graphModule);
                case "range_constraints" -> json.object(symbol -> symbols.put(symbol, range()));
                case "guards_code" -> guards = json.list(json::text);
                case "torch_version" -> torchVersion = json.text();
                case "schema_version" -> json.object(part -> { if (part.equals("major")) major = json.integer(); });
                default -> {}
            }
        });
        if (major != MAJOR)
            throw malformed.apply("the program has version " + (major < 0 ? "none" : major) + " of torch.export's format, and " + MAJOR
                    + " is read; save it again with torch 2.8 or later");
        if (graph == null) throw malformed.apply(entry + " has no graph_module.graph");
        if (inputs.size() != graph.inputs().size() || outputs.size() != graph.outputs().size())
            throw malformed.apply(entry + " has " + inputs.size() + " input_specs and " + outputs.size() + " output_specs for a graph with "
                    + graph.inputs().size() + " inputs and " + graph.outputs().size() + " outputs");
        return new ProgramText(graph, inputs, outputs, tree(inTree), tree(outTree), argumentNames, symbols, guards, torchVersion);
    }

    private Tree tree(@Nullable String text) throws IOException {
        if (text == null) throw malformed.apply(entry + " does not tell the structure of the arguments (module_call_graph)");
        return TreeReader.read(text, fieldNames, malformed);
    }

    private void graphModule(String name) throws IOException {
        switch (name) {
            case "graph" -> graph = new GraphReader(json).graph();
            case "signature" -> json.object(list -> {
                if (list.equals("input_specs")) inputs = json.list(() -> json.union(this::inputSpec));
                if (list.equals("output_specs")) outputs = json.list(() -> json.union(this::outputSpec));
            });
            case "module_call_graph" -> json.list(() -> {
                var first = new String[] {"?"};
                json.object(member -> {
                    if (member.equals("fqn")) first[0] = json.text();
                    else if (member.equals("signature") && !json.isNull() && first[0].isEmpty()) json.object(this::callSignature);
                });
                return first;
            });
            case "treespec_namedtuple_fields" -> json.object(type -> json.object(member -> {
                if (member.equals("field_names")) fieldNames.put(type, json.list(json::text));
            }));
            default -> {}
        }
    }

    private void callSignature(String name) throws IOException {
        switch (name) {
            case "in_spec" -> inTree = json.text();
            case "out_spec" -> outTree = json.text();
            case "forward_arg_names" -> argumentNames = json.isNull() ? List.of() : json.list(json::text);
            default -> {}
        }
    }

    private Signature.Range range() throws IOException {
        var range = new long[] {0, Long.MAX_VALUE};
        json.object(end -> {
            if (json.isNull()) return;
            if (end.equals("min_val")) range[0] = json.integer();
            if (end.equals("max_val")) range[1] = json.integer();
        });
        return new Signature.Range(range[0], range[1]);
    }

    private JsonReader.@Nullable Part<InputSpec> inputSpec(String kind) {
        InputKind known = switch (kind) {
            case "user_input" -> InputKind.USER;
            case "parameter" -> InputKind.PARAMETER;
            case "buffer" -> InputKind.BUFFER;
            case "tensor_constant" -> InputKind.CONSTANT_TENSOR;
            case "constant_input" -> InputKind.CONSTANT;
            case "custom_obj" -> InputKind.CUSTOM_OBJECT;
            case "token" -> InputKind.TOKEN;
            default -> null;
        };
        return known == null ? null : () -> inputSpec(known);
    }

    private InputSpec inputSpec(InputKind kind) throws IOException {
        var found = new Object() {
            String name = "", target = "";
            boolean persistent = true, number;
            @Nullable
            Object constant;
        };
        json.object(member -> {
            switch (member) {
                case "arg" -> {
                    GraphReader.Value value = kind == InputKind.USER ? new GraphReader(json).value() : new GraphReader(json).named();
                    if (value.argument() instanceof Argument.Constant c) found.constant = c.value();
                    found.name = value.name();
                    found.number = value.isNumber();
                }
                case "name" -> found.name = json.text();
                case "value" -> found.constant = ((Argument.Constant) new GraphReader(json).constant()).value();
                case "parameter_name", "buffer_name", "tensor_constant_name", "custom_obj_name" -> found.target = json.text();
                case "persistent" -> found.persistent = json.bool();
                default -> {}
            }
        });
        boolean fixed = kind == InputKind.USER && found.name.isEmpty();
        if (kind != InputKind.CONSTANT && !fixed && found.name.isEmpty()) throw json.fault("the input has no name");
        return new InputSpec(fixed ? InputKind.CONSTANT : kind == InputKind.BUFFER && !found.persistent ? InputKind.TEMPORARY_BUFFER : kind,
                found.name, found.target, found.constant, found.number);
    }

    private JsonReader.@Nullable Part<OutputSpec> outputSpec(String kind) {
        OutputKind known = switch (kind) {
            case "user_output" -> OutputKind.USER;
            case "loss_output" -> OutputKind.LOSS;
            case "buffer_mutation" -> OutputKind.BUFFER;
            case "parameter_mutation" -> OutputKind.PARAMETER;
            case "user_input_mutation" -> OutputKind.USER_INPUT;
            case "gradient_to_parameter" -> OutputKind.GRADIENT_TO_PARAMETER;
            case "gradient_to_user_input" -> OutputKind.GRADIENT_TO_USER_INPUT;
            case "token" -> OutputKind.TOKEN;
            default -> null;
        };
        return known == null ? null : () -> outputSpec(known);
    }

    private OutputSpec outputSpec(OutputKind kind) throws IOException {
        var found = new Object() {
            Argument value = Argument.NONE;
            String target = "";
        };
        json.object(member -> {
            switch (member) {
                case "arg" ->
                        found.value = (kind == OutputKind.USER ? new GraphReader(json).value() : new GraphReader(json).named()).argument();
                case "parameter_name", "buffer_name", "user_input_name" -> found.target = json.text();
                default -> {}
            }
        });
        return new OutputSpec(kind, found.value, found.target);
    }
}
