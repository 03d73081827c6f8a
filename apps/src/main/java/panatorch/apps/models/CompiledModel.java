package panatorch.apps.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.apps.options.DeclaredTensor;
import panatorch.export.CompiledOptions;
import panatorch.export.CompiledProgram;
import panatorch.export.UnsupportedProgramException;
import panatorch.serialize.MalformedFileException;
import panatorch.serve.Model;

/** A model that AOTInductor has compiled. */
final class CompiledModel implements LoadedModel {
    private final CompiledProgram program;

    private CompiledModel(CompiledProgram program) { this.program = program; }

    static LoadedModel load(Path file, ModelPlan plan) throws IOException { return new CompiledModel(program(file, plan)); }

    /** Loads a compiled program, which runs its code's initialisers; the caller closes it. */
    static CompiledProgram program(Path file, ModelPlan plan) throws IOException {
        if (plan.optimize()) throw new InputException("--optimize has no effect on compiled code; leave it out");
        if (plan.weights() != null) throw new InputException("--weights has no effect on compiled code, which has its own; leave it out");
        if (!plan.device().equals(Device.CPU))
            throw new InputException("compiled code runs on the CPU, not on " + plan.device() + "; pass --device cpu");
        String name = plan.program();
        try {
            return CompiledProgram.load(file, name == null ? CompiledOptions.standard() : CompiledOptions.standard().model(name));
        } catch (UnsupportedProgramException e) {
            throw new InputException("the code in " + file + " cannot run here: " + String.join("; ", e.missing()), e);
        } catch (MalformedFileException e) {
            throw new InputException("the model cannot be read: " + ExportedModel.forUsers(String.valueOf(e.getMessage())), e);
        }
    }

    @Override public List<Input> inputs() { return SignatureValues.inputs(program.signature()); }

    @Override public Map<String, Tensor> run(Map<String, Tensor> given) {
        return SignatureValues.run(this, program.signature(), given, inputs -> {
            try (var noGrad = NoGrad.enter()) {
                return program.run(inputs);
            }
        });
    }

    @Override public Map<String, byte[]> extraFiles() { return program.extraFiles(); }

    @Override public long parameters() {
        try (var scope = Scope.open()) {
            return program.weights().values().stream().mapToLong(Tensor::numel).sum();
        }
    }

    @Override public List<String> report() { return List.of(); }

    @Override public Model served(List<DeclaredTensor> inputs, List<DeclaredTensor> outputs) {
        DeclaredTensor.requireNone(inputs, outputs);
        return Model.of(program);
    }

    @Override public void close() { program.close(); }
}
