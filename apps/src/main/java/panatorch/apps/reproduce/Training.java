package panatorch.apps.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Optimizer;
import panatorch.train.Averages;
import panatorch.train.Callback;
import panatorch.train.Evaluation;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Trainer;

/**
 * Trains a network and measures what experiments report: loss of training and test examples and error of test examples in evaluation mode,
 * and the median time of a step. On a CPU the time is the training thread's processor time, which other programs disturb less than the time
 * of day. The curves are the two losses after each epoch.
 *
 * @param lab the scale
 * @param examples the data set
 * @param batches returns the training batches of a seed
 * @param epochs number of epochs
 * @param optimizer creates the optimiser
 * @param schedule creates the learning-rate schedule, given the optimiser and the number of steps
 * @param sampled whether the test loss is measured with dropout on, too
 */
record Training(Lab lab, Examples examples, LongFunction<Batches> batches, int epochs, Function<Module, Optimizer> optimizer,
        BiFunction<Optimizer, Long, Callback> schedule, boolean sampled) {

    static final String SAMPLED_LOSS = "test loss with dropout on";

    private static final Objective LOSS = Objective.of(CrossEntropy::crossEntropy);

    /** Returns the loss with one dropout mask an example, while batch normalisation is in evaluation mode. */
    private static Objective.Result sampledLoss(Module model, Tensor input, @Nullable Tensor target) {
        try (var modes = Modes.sampling(model)) {
            return LOSS.apply(model, input, target);
        }
    }

    /** Returns the number of steps of all epochs. */
    long steps() { return (long) epochs * batches.apply(0).count(); }

    /**
     * Trains and measures a network.
     *
     * @param model creates the network, which is closed here
     * @param methods creates the callbacks and training methods for it
     */
    Trial.Result run(long seed, Work work, Supplier<? extends Module> model, Function<Module, List<Callback>> methods) {
        return run(seed, work, model, methods, t -> Map.of());
    }

    /**
     * Trains and measures a network.
     *
     * @param after takes further measures of the trained model
     */
    Trial.Result run(long seed, Work work, Supplier<? extends Module> model, Function<Module, List<Callback>> methods,
            Function<Trainer, Map<String, Double>> after) {
        Torch.manualSeed(seed);
        Path checkpoint = work.own(".ckpt");
        try (Module m = model.get(); Optimizer o = optimizer.apply(m)) {
            var watch = new Watch();
            var callbacks = new ArrayList<Callback>(methods.apply(m));
            callbacks.add(schedule.apply(o, steps()));
            callbacks.add(watch);
            callbacks.add(work.checkpointing(checkpoint, epochs));
            try (var trainer = Trainer.of(m, o, LOSS).device(lab.device()).precision(lab.precision())
                    .memoryFormat(MemoryFormat.CHANNELS_LAST).metrics(Metric.ACCURACY).callbacks(callbacks.toArray(Callback[]::new))
                    .build()) {
                work.train(trainer, checkpoint, epochs, () -> trainer.fit(batches.apply(seed), examples.testing(), epochs));
                Map<String, Double> test = trainer.history().getLast().test();
                var measures = new LinkedHashMap<String, Double>();
                measures.put(Measures.TRAIN_LOSS, watch.losses.getLast());
                measures.put(Measures.TEST_LOSS, test.get(Metric.LOSS));
                measures.put(Measures.TEST_ERROR, 100 * (1 - Objects.requireNonNull(test.get("accuracy"), "accuracy")));
                if (sampled) measures.put(SAMPLED_LOSS, watch.sampledLosses.getLast());
                measures.putAll(after.apply(trainer));
                measures.put(Measures.STEP_TIME, watch.medianStep());
                return new Trial.Result(measures, curves(trainer, watch));
            }
        }
    }

    private Map<String, double[]> curves(Trainer trainer, Watch watch) {
        var curves = new LinkedHashMap<String, double[]>();
        curves.put(Measures.TRAIN_LOSS, array(watch.losses));
        curves.put(Measures.TEST_LOSS, trainer.history().stream().mapToDouble(e -> e.measure(Metric.LOSS)).toArray());
        if (sampled) curves.put(SAMPLED_LOSS, array(watch.sampledLosses));
        return curves;
    }

    private static double[] array(List<Double> values) { return values.stream().mapToDouble(v -> v).toArray(); }

    /** Records the time of steps and the loss of epochs. */
    private final class Watch implements Callback {
        private static final String LOSSES = "losses", SAMPLED = "sampled losses", TIMES = "times";

        private final Evaluation evaluation = new Evaluation(LOSS, List.of(), lab.placement()),
                sampledEvaluation = new Evaluation(Training::sampledLoss, List.of(), lab.placement());
        private List<Double> losses = new ArrayList<>(), sampledLosses = new ArrayList<>(), times = new ArrayList<>();
        private long begun;

        @Override public void batchStart(Trainer t) { begun = lab.now(); }

        @Override public void batchEnd(Trainer t) {
            times.add((lab.now() - begun) * 1e-6);
            lab.check();
        }

        @Override public void evaluationBatch(Trainer trainer, Averages so) { lab.check(); }

        @Override public void epochEnd(Trainer t) {
            losses.add(loss(evaluation.of(t.model(), examples.trainingAsTest())));
            if (sampled) sampledLosses.add(loss(sampledEvaluation.of(t.model(), examples.testing())));
        }

        private static double loss(Map<String, Double> means) { return Objects.requireNonNull(means.get(Metric.LOSS)); }

        double medianStep() {
            double[] sorted = times.stream().mapToDouble(v -> v).sorted().toArray();
            return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
        }

        @Override public Map<String, ?> stateDict() { return Map.of(LOSSES, losses, SAMPLED, sampledLosses, TIMES, times); }

        @Override public void loadStateDict(Map<String, ?> state) {
            losses = numbers(state.get(LOSSES));
            sampledLosses = numbers(state.get(SAMPLED));
            times = numbers(state.get(TIMES));
        }

        private static List<Double> numbers(@Nullable Object list) {
            var numbers = new ArrayList<Double>();
            for (Object n : (List<?>) Objects.requireNonNull(list, "the losses of a checkpoint")) numbers.add(((Number) n).doubleValue());
            return numbers;
        }
    }
}
