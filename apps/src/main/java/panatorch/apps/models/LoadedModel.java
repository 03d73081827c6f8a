package panatorch.apps.models;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.generation.CausalModel;

/**
 * A model that was loaded from a file of any kind. It owns its weights until it is closed; what it returns belongs to the current scope.
 */
public interface LoadedModel extends AutoCloseable {
    /**
     * An input.
     *
     * @param name its name
     * @param type what it takes, for people: {@code float32 [s0, 3, 224, 224]}
     * @param sizes sizes of a tensor's dimensions, −1 for those that may differ; null if they are unknown or it is no tensor
     * @param required whether it must be given
     */
    record Input(String name, String type, @Nullable List<Long> sizes, boolean required) {
        /** Returns the size of a dimension, or −1 if it may differ or is unknown. */
        public long size(int dimension) {
            return sizes == null || dimension >= sizes.size() ? -1 : sizes.get(dimension);
        }

        @Override public String toString() { return name + ": " + type; }
    }

    /** Returns the inputs in their order, without those that are constant. */
    List<Input> inputs();

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

    /** Returns the inputs as a list for messages. */
    default String described() {
        return inputs().stream().map(i -> i + (i.required() ? "" : " (optional)")).collect(Collectors.joining("; "));
    }

    @Override void close();
}
