package panatorch.apps;

import org.jspecify.annotations.Nullable;

/**
 * All that a run depends on, with defaults and {@code auto} resolved: {@code config} of {@code metrics.json}. The same
 * configuration gives the same weights, bit for bit, on the same CPU.
 *
 * @param precision {@code fp32} or {@code bf16}; @param device {@code cpu} or {@code cuda}
 * @param limitTrain images at most; null for all
 * @param threads of the CPU, per operator; @param libtorch its version
 */
record RunConfig(DatasetName dataset, @Nullable String data, ModelName model, DropoutName dropout, double dropoutP, int dropoutSamples,
        int epochs, int batchSize, double lr, double momentum, double weightDecay, ScheduleName schedule, String precision, String device,
        long seed, @Nullable Integer limitTrain, @Nullable Integer limitTest, String out, int threads, String libtorch) {}
