package panatorch.serve;

import java.util.List;
import panatorch.Tensor;
import panatorch.export.CompiledProgram;
import panatorch.export.ExportedProgram;
import panatorch.export.OptimizedProgram;
import panatorch.export.Signature;
import panatorch.nn.Module;

/**
 * A model that {@link Served} can run. There are adapters for exported, optimised and compiled programs, scripts and modules; another kind
 * of model implements this interface.
 *
 * <p>
 * Requests share a batch if the first dimension of every input is one {@linkplain Signature.Symbol symbol}, the batch size, and that of
 * every output is the same one. A model of another signature runs each request on its own. Row {@code i} of every output must depend on row
 * {@code i} of the inputs alone.
 *
 * <p>
 * <b>Lifetime and threads.</b> The model owns what it wraps: closing it closes that. Several threads may call {@link #run} at the same
 * time.
 */
public interface Model extends AutoCloseable {
    /**
     * Returns the inputs and outputs. Inputs are tensors or constants, which callers do not give; so are outputs, but they may also be of
     * unknown shape ({@link Signature.UnknownValue}).
     */
    Signature signature();

    /**
     * Runs the model without gradients, within a scope of the caller's.
     *
     * @param inputs the signature's inputs that are not constant, of the shapes that it declares
     * @return the outputs that are tensors, in the signature's order
     */
    List<Tensor> run(List<Tensor> inputs);

    /** Returns the approximate memory of the weights in bytes, or 0 if it is unknown. */
    default long memoryBytes() {
        return 0;
    }

    /** Frees the model. No call runs any more then. Closing twice is harmless. */
    @Override void close();

    /**
     * Returns an exported program as a model.
     *
     * @throws IllegalArgumentException if the program is in training mode
     */
    static Model of(ExportedProgram program) {
        if (program.isTraining())
            throw new IllegalArgumentException("the program is in training mode, in which answers depend on other requests or on chance; "
                    + "call eval() first");
        return new ProgramModel(program, program.signature(), inputs -> program.run(inputs.toArray(new Tensor[0])).tensors(),
                program.weightBytes());
    }

    /** Returns an optimised program as a model. */
    static Model of(OptimizedProgram program) {
        return new ProgramModel(program, program.signature(), inputs -> program.run(inputs.toArray(new Tensor[0])).tensors(),
                program.weightBytes());
    }

    /** Returns compiled code as a model. Its memory is that of the weights that AOTInductor tells. */
    static Model of(CompiledProgram program) {
        return new ProgramModel(program, program.signature(), inputs -> program.run(inputs.toArray(new Tensor[0])).tensors(),
                ProgramModel.weightBytes(program));
    }

    /**
     * Returns a module or a script ({@link panatorch.jit.ScriptModule}) as a model, whose inputs and outputs have still to be declared.
     *
     * @throws IllegalArgumentException if a part of the module is in training mode
     */
    static ModuleModel of(Module module) {
        return new ModuleModel(module);
    }
}
