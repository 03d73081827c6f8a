package panatorch.apps.measures;

import org.jspecify.annotations.Nullable;
import panatorch.apps.options.DamagedName;
import panatorch.apps.options.DatasetName;
import panatorch.apps.options.NormalizationName;

/**
 * All that the result of an evaluation depends on, with defaults and {@code auto} resolved.
 *
 * @param checkpoint file of the weights, or of the model
 * @param model name of the network, or kind of the model file
 */
public record EvaluateConfig(String checkpoint, String model, DatasetName dataset, @Nullable String data,
        @Nullable NormalizationName normalize, @Nullable Integer mc, DamagedName damaged, int batchSize,
        String precision, String device, @Nullable Integer limitTest, int threads, long seed, String libtorch) {}
