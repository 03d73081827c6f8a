package panatorch.apps.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.apps.options.DeclaredTensor;
import panatorch.export.ExportedProgram;
import panatorch.export.LoadOptions;
import panatorch.export.OptimizeOptions;
import panatorch.export.OptimizedProgram;
import panatorch.export.UnsupportedProgramException;
import panatorch.generation.CausalModel;
import panatorch.serialize.MalformedFileException;
import panatorch.serve.Model;

/** A program of {@code torch.export.save}. */
final class ExportedModel implements LoadedModel {
    private final ExportedProgram program;
    private final @Nullable OptimizedProgram optimized;

    private ExportedModel(ExportedProgram program, @Nullable OptimizedProgram optimized) {
        this.program = program;
        this.optimized = optimized;
    }

    static LoadOptions options(ModelPlan plan) {
        LoadOptions options = LoadOptions.standard().device(plan.device()).reading(plan.reading());
        String name = plan.program();
        Path weights = plan.weights();
        if (name != null) options = options.model(name);
        return weights == null ? options : options.weights(weights);
    }

    static LoadedModel load(Path file, ModelPlan plan) throws IOException {
        if (plan.optimize() && !plan.device().equals(Device.CPU))
            throw new InputException("--optimize is for the CPU, and the device is " + plan.device() + "; pass --device cpu");
        ExportedProgram program;
        try {
            program = ExportedProgram.load(file, options(plan));
        } catch (UnsupportedProgramException e) {
            throw new InputException("the program of " + file + " needs what is not there: " + String.join("; ", e.missing()), e);
        } catch (MalformedFileException e) {
            throw new InputException("the model cannot be read: " + forUsers(String.valueOf(e.getMessage())), e);
        } catch (IllegalArgumentException e) {
            throw new InputException("the weights do not fit the program: " + e.getMessage(), e);
        }
        try {
            program.eval();
            return new ExportedModel(program, plan.optimize() ? program.optimize(OptimizeOptions.all()) : null);
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
    }

    static List<String> optimize(Path from, Path to) {
        throw new InputException(
                "an exported program is optimised while it is loaded, since the prepared weights are in oneDNN's own layout, "
                        + "which no file holds: use panatorch run --optimize, or ExportedProgram.optimize in Java");
    }

    /** Names options of the command line in place of those of Java's API. */
    static String forUsers(String message) {
        return message.replace("Give a file with them by LoadOptions.weights", "--weights names a file with them, or the model's folder")
                .replace("tell which by LoadOptions.model", "--program tells which");
    }

    @Override public List<Input> inputs() { return SignatureValues.inputs(program.signature()); }

    @Override public Map<String, Tensor> run(Map<String, Tensor> given) {
        return SignatureValues.run(this, program.signature(), given, inputs -> {
            try (var noGrad = NoGrad.enter()) {
                return optimized != null ? optimized.run(inputs) : program.run(inputs);
            }
        });
    }

    @Override public CausalModel language() {
        try {
            return CausalModel.of(program);
        } catch (IllegalArgumentException e) {
            throw new InputException("the model generates no text: " + e.getMessage(), e);
        }
    }

    @Override public Map<String, byte[]> extraFiles() { return program.extraFiles(); }

    @Override public long parameters() { return program.parameterCount(); }

    @Override public List<String> report() { return optimized == null ? List.of() : Objects.requireNonNull(optimized).report(); }

    @Override public Model served(List<DeclaredTensor> inputs, List<DeclaredTensor> outputs) {
        DeclaredTensor.requireNone(inputs, outputs);
        if (optimized == null) return Model.of(program);
        program.close(); // the optimised program has its own weights
        return Model.of(optimized);
    }

    @Override public void close() {
        if (optimized != null) optimized.close();
        program.close();
    }
}
