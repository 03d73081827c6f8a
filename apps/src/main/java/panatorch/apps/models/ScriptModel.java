package panatorch.apps.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.apps.console.InputException;
import panatorch.apps.options.DeclaredTensor;
import panatorch.jit.ScriptException;
import panatorch.jit.ScriptMethod;
import panatorch.jit.ScriptModule;
import panatorch.serve.Model;
import panatorch.serve.ModuleModel;

/** A TorchScript of {@code torch.jit.save}, of which the method {@code forward} is run. */
final class ScriptModel implements LoadedModel {
    private final ScriptModule script;
    private final Map<String, byte[]> extraFiles;
    private final List<String> report;

    private ScriptModel(ScriptModule script, Map<String, byte[]> extraFiles, List<String> report) {
        this.script = script;
        this.extraFiles = extraFiles;
        this.report = report;
    }

    static LoadedModel load(Path file, ModelPlan plan) throws IOException {
        if (plan.weights() != null || plan.program() != null)
            throw new InputException((plan.weights() != null ? "--weights" : "--program") + " has no effect on a TorchScript");
        ScriptModule script = module(file, plan);
        Map<String, byte[]> extra = script.extraFiles();
        if (!script.methods().containsKey("forward")) {
            String others = String.join(", ", script.methods().keySet());
            script.close();
            throw new InputException("the script " + file + " has no method forward" + (others.isEmpty() ? "" : ", but " + others));
        }
        if (!plan.optimize()) return new ScriptModel(script, extra, List.of());
        try (script) {
            return new ScriptModel(script.optimizeForInference(), extra, List.of("frozen and optimised by libtorch"));
        }
    }

    /** Loads a script in evaluation mode; the caller closes it. */
    static ScriptModule module(Path file, ModelPlan plan) throws IOException {
        try {
            ScriptModule script = ScriptModule.load(file, plan.device());
            script.eval();
            return script;
        } catch (UnsupportedOperationException e) {
            throw new InputException(String.valueOf(e.getMessage()), e);
        } catch (ScriptException e) {
            throw new InputException("the script cannot be loaded: " + Types.firstLine(e), e);
        }
    }

    static List<String> optimize(Path from, Path to) throws IOException {
        try (ScriptModule script = module(from, ModelPlan.standard()); ScriptModule frozen = script.freeze()) {
            frozen.save(to, script.extraFiles());
            return List
                    .of("frozen: parameters, buffers and attributes are constants, and batch normalisations are folded into convolutions");
        } catch (TorchException e) {
            throw new InputException("the script cannot be optimised: " + Types.firstLine(e), e);
        }
    }

    private ScriptMethod forward() { return script.method("forward"); }

    @Override public List<Input> inputs() {
        return forward().parameters().stream().map(p -> new Input(p.name(), p.type(), null, p.required())).toList();
    }

    @Override public Map<String, Tensor> run(Map<String, Tensor> given) {
        var named = new LinkedHashMap<String, @Nullable Object>();
        for (ScriptMethod.Parameter p : forward().parameters()) {
            Tensor t = given.get(p.name());
            if (t == null) continue;
            named.put(p.name(), switch (p.type()) {
                case "Tensor", "Optional[Tensor]" -> t;
                case "int", "float", "bool", "number", "Optional[int]", "Optional[float]", "Optional[bool]" -> Types.number(p.name(), t);
                default -> throw new InputException("the input '" + p.name() + "' is a " + p.type() + ", which no file of tensors holds");
            });
        }
        try (var noGrad = NoGrad.enter()) {
            var results = new LinkedHashMap<String, Tensor>();
            collect("", forward().call(List.of(), named), results);
            return results;
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage() + "; the model takes " + described(), e);
        } catch (TorchException e) {
            throw new InputException("the model failed on these inputs: " + Types.firstLine(e), e);
        }
    }

    /** Names results by their places, as those of exported programs are. */
    private static void collect(String prefix, @Nullable Object value, Map<String, Tensor> results) {
        switch (value) {
            case Collection<?> all -> {
                int i = 0;
                for (Object v : all) collect(prefix + "." + i++, v, results);
            }
            case Map<?, ?> map -> map.forEach((k, v) -> collect(prefix + "." + k, v, results));
            case null, default -> {
                Tensor t = Types.tensor(value);
                if (t != null) results.put(prefix.isEmpty() ? "output" : prefix.substring(1), t);
            }
        }
    }

    @Override public Map<String, byte[]> extraFiles() { return extraFiles; }

    @Override public long parameters() { return script.parameterCount(); }

    @Override public List<String> report() { return report; }

    @Override public Model served(List<DeclaredTensor> inputs, List<DeclaredTensor> outputs) {
        if (inputs.isEmpty())
            throw new InputException("a TorchScript does not tell the types and shapes of its inputs, " + described()
                    + "; declare them: --input 'NAME:float32[batch,3,224,224]'");
        ModuleModel model = Model.of(script);
        for (DeclaredTensor t : inputs) model = model.input(t.name(), t.dtype(), t.dims());
        for (DeclaredTensor t : outputs) model = model.output(t.name(), t.dtype(), t.dims());
        return model;
    }

    @Override public void close() { script.close(); }
}
