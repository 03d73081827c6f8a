package panatorch.apps.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.apps.console.InputException;
import panatorch.export.ProgramSummary;
import panatorch.export.Signature;
import panatorch.jit.ScriptMethod;
import panatorch.jit.ScriptModule;
import panatorch.serialize.ScriptArchive;

/**
 * The contents of a model file, as {@code inspect} shows them, of a model that cannot run here, too.
 *
 * @param kind what kind of file it is
 * @param version version of PyTorch that wrote it; null if the file does not say
 * @param programs names of all programs, if there are several; empty otherwise
 * @param inputs types of the inputs by their names
 * @param outputs types of the outputs by their names
 * @param sizes ranges of the symbolic sizes, by their names
 * @param operators number of calls of each operator
 * @param tensors weights, buffers and constants
 * @param missing what the model needs and is not there
 * @param extraFiles sizes in bytes of the files that were saved beside the model
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelSummary(String kind, @Nullable String version, List<String> programs, Map<String, String> inputs,
        Map<String, String> outputs, Map<String, String> sizes, Map<String, Integer> operators, List<SavedTensor> tensors,
        List<String> missing, Map<String, Long> extraFiles) {
    /**
     * A tensor of a model.
     *
     * @param parameter whether it is a parameter, rather than a buffer or constant
     * @param present whether the file has its data
     */
    public record SavedTensor(String name, List<Long> shape, String dtype, long bytes, boolean parameter, boolean present) {
        /** Returns the number of elements. */
        public long numel() { return shape.stream().reduce(1L, (a, b) -> a * b); }

        static SavedTensor of(String name, List<Long> shape, DType dtype, boolean parameter, boolean present) {
            var t = new SavedTensor(name, shape, Types.name(dtype), 0, parameter, present);
            return new SavedTensor(name, shape, t.dtype, t.numel() * dtype.bytes(), parameter, present);
        }
    }

    static ModelSummary ofExported(Path file, ModelPlan plan) throws IOException {
        ProgramSummary p = ProgramSummary.read(file, ExportedModel.options(plan));
        Signature s = p.signature();
        var sizes = new LinkedHashMap<String, String>();
        s.symbols().forEach((name, range) -> sizes.put(name, range.toString()));
        var tensors = new ArrayList<SavedTensor>();
        p.tensors().forEach((name, t) -> tensors.add(SavedTensor.of(name, t.shape(), t.dtype(), t.parameter(), t.present())));
        return new ModelSummary(ModelKind.EXPORTED.title, p.torchVersion().isEmpty() ? null : p.torchVersion(),
                p.programs().size() == 1 ? List.of() : p.programs(), values(s.inputs()), values(s.outputs()), sizes, p.operators(), tensors,
                p.missing(), p.extraFiles());
    }

    private static Map<String, String> values(List<Signature.Value> all) {
        var types = new LinkedHashMap<String, String>();
        for (Signature.Value v : all) types.put(v.name(), Types.of(v));
        return types;
    }

    // ---- TorchScript

    /** A call in a script's code, whose operators of libtorch's own are functions of {@code torch}. */
    private static final Pattern CALL = Pattern.compile("\\b(?:torch\\.(\\w+)|ops\\.(\\w+)\\.(\\w+))\\(");

    static ModelSummary ofScript(Path file, ModelPlan plan) throws IOException {
        ScriptArchive archive = ScriptArchive.read(file);
        var operators = new TreeMap<String, Integer>();
        for (String code : archive.code().values())
            CALL.matcher(code).results().forEach(m -> operators
                    .merge(m.group(1) != null ? "aten::" + m.group(1) : m.group(2) + "::" + m.group(3), 1, Integer::sum));
        var extra = new LinkedHashMap<String, Long>();
        archive.extraFiles().forEach((name, bytes) -> extra.put(name, (long) bytes.length));
        var inputs = new LinkedHashMap<String, String>();
        var outputs = new LinkedHashMap<String, String>();
        var tensors = new ArrayList<SavedTensor>();
        var missing = new ArrayList<String>();
        try (ScriptModule script = ScriptModel.module(file, plan)) {
            ScriptMethod forward = script.methods().get("forward");
            if (forward != null) {
                for (ScriptMethod.Parameter p : forward.parameters()) inputs.put(p.name(), p.type() + (p.required() ? "" : ", optional"));
                outputs.put("output", forward.resultType());
            }
            script.namedParameters().forEach((name, t) -> tensors.add(SavedTensor.of(name, shape(t.shape()), t.dtype(), true, true)));
            script.namedBuffers().forEach((name, t) -> tensors.add(SavedTensor.of(name, shape(t.shape()), t.dtype(), false, true)));
        } catch (InputException e) {
            missing.add(String.valueOf(e.getMessage()));
        }
        return new ModelSummary(ModelKind.SCRIPT.title, null, List.of(), inputs, outputs, Map.of(), operators, tensors, missing, extra);
    }

    private static List<Long> shape(long[] shape) { return Arrays.stream(shape).boxed().toList(); }
}
