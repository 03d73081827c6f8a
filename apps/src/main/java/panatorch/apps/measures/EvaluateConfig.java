package panatorch.apps.measures;

import org.jspecify.annotations.Nullable;
import panatorch.apps.options.DamagedName;
import panatorch.apps.options.DatasetName;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.NormalizationName;

/** All that the result of an evaluation depends on, with defaults and {@code auto} resolved. */
public record EvaluateConfig(String checkpoint, ModelName model, DatasetName dataset, @Nullable String data,
        @Nullable NormalizationName normalize, @Nullable Integer mc, DamagedName damaged, int batchSize,
        String precision, String device, @Nullable Integer limitTest, int threads, long seed, String libtorch) {}
