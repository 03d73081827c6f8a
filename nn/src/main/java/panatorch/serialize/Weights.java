package panatorch.serialize;

import java.util.Map;
import panatorch.Tensor;

/**
 * The content of a file of weights, whatever its format.
 *
 * @param tensors by their names in the file
 * @param metadata the texts beside the tensors, which only safetensors files have
 */
public record Weights(Map<String, Tensor> tensors, Map<String, String> metadata) {}
