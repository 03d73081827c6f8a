package panatorch.serve;

import java.util.List;
import java.util.function.Function;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.export.CompiledProgram;
import panatorch.export.Signature;

/** A program that knows its own signature. */
record ProgramModel(AutoCloseable program, Signature signature, Function<List<Tensor>, List<Tensor>> forward, long memoryBytes)
        implements
            Model {
    @Override public List<Tensor> run(List<Tensor> inputs) { return forward.apply(inputs); }

    @Override public void close() {
        try {
            program.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("the program could not be closed: " + e.getMessage(), e);
        }
    }

    static long weightBytes(CompiledProgram program) {
        try (var scope = Scope.open()) {
            return program.weights().values().stream().mapToLong(ModuleModel::bytes).sum();
        }
    }
}
