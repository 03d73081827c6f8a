package panatorch.apps.models;

import java.util.List;
import java.util.Map;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.apps.options.DeclaredTensor;
import panatorch.generation.CausalModel;
import panatorch.serve.Model;

/**
 * A model that was loaded from a file of any kind. It owns its weights until it is closed; what it returns belongs to the current scope.
 */
public interface LoadedModel extends ModelInputs, AutoCloseable {
    /**
     * Runs the model without gradients.
     *
     * @param inputs tensors by the names of {@link #inputs}; a number is a tensor of one element
     * @return the outputs that are tensors or numbers, by their names, in their order
     * @throws InputException if an input does not fit, or the model fails; the message says what
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs);

    /**
     * Returns this model as a language model, which the caller closes first.
     *
     * @throws InputException if it is none
     */
    default CausalModel language() {
        throw new InputException("only an exported program generates text; panatorch_export.py --generate makes one");
    }

    /** Returns the files that were saved beside the model, by their names. */
    Map<String, byte[]> extraFiles();

    /** Returns the number of learnable parameters; 0 if they are constants. */
    long parameters();

    /** Returns what was done to make the model faster, a line for each kind of change; empty if nothing was asked for. */
    List<String> report();

    /**
     * Returns this model for serving. It belongs to the result then, which closes it.
     *
     * @param inputs inputs of a model that does not know their types and shapes; empty for others
     * @param outputs its outputs; may be empty
     * @throws InputException if the inputs are missing, or the model knows its own
     */
    Model served(List<DeclaredTensor> inputs, List<DeclaredTensor> outputs);

    @Override void close();
}
