package panatorch.opcases;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of an operator with PyTorch's results: a line of {@code cases.jsonl}, whose format {@code src/test/python/capture_cases.py}
 * describes in its opening. Tensors are referred to by name; they are in the file of tensors beside it.
 *
 * @param args a value for every argument, in the order of the schema
 * @param structure {@code list} if the operator's only result is the list of the outputs
 * @param mutated indices into {@code inputs} of those that the call changed
 * @param grads pairs: an index into {@code inputs}, an index into {@code gradTensors}; null if the case asks for no gradient
 */
public record OperatorCase(String op, String overload, List<JsonNode> args, List<JsonNode> outputs, String structure, int[] mutated,
        int @Nullable [][] grads,
        List<String> inputs, @JsonProperty("output_tensors") List<String> outputTensors,
        @JsonProperty("grad_tensors") List<String> gradTensors,
        @JsonProperty("mutated_tensors") List<String> mutatedTensors) {

    /** Returns the operator's full name, such as {@code aten::add.Tensor}. */
    public String operator() {
        return overload.isEmpty() ? op : op + "." + overload;
    }
}
