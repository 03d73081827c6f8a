package panatorch.apps;

import org.jspecify.annotations.Nullable;

/** All that an evaluation depends on, with defaults and {@code auto} resolved. */
record EvaluateConfig(String checkpoint, ModelName model, DatasetName dataset, @Nullable String data, @Nullable NormalizationName normalize, @Nullable Integer mc, DamagedName damaged, int batchSize,
        String precision, String device, @Nullable Integer limitTest, int threads, long seed, String libtorch) {}
