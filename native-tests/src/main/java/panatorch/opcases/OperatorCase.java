package panatorch.opcases;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of an operator with what PyTorch made of it, as a line of {@code cases.jsonl} holds it (its format is in the opening
 * of {@code src/test/python/capture_cases.py}). Tensors are named; they are in the file of tensors beside it.
 *
 * @param args a value for every argument of the schema, in its order
 * @param structure {@code list} if the operator's only result is the list of the outputs
 * @param mutated indices into {@code inputs} of those that the call changed
 * @param grads pairs: an index into {@code inputs}, an index into {@code gradTensors}; null if the case asks for no gradient
 */
public record OperatorCase(String op, String overload, List<JsonNode> args, List<JsonNode> outputs, String structure, int[] mutated, int @Nullable [][] grads,
        List<String> inputs, @JsonProperty("output_tensors") List<String> outputTensors, @JsonProperty("grad_tensors") List<String> gradTensors,
        @JsonProperty("mutated_tensors") List<String> mutatedTensors) {

    /** {@code aten::add.Tensor} */
    public String operator() { return overload.isEmpty() ? op : op + "." + overload; }
}
