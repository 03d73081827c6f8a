package panatorch.apps.reproduce;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongFunction;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Optimizer;
import panatorch.train.Callback;
import panatorch.train.Evaluation;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Trainer;

/**
 * Trains a network and measures what experiments report: {@code train loss} (in evaluation mode), {@code test loss}, {@code test error} in
 * %, and the median {@code ms/step}. On a CPU the time is the training thread's processor time, which other programs disturb less than the
 * time of day. The curve is {@code train loss} after each epoch.
 *
 * @param lab the scale
 * @param examples the data set
 * @param epochs number of epochs
 * @param optimizer creates the optimiser
 * @param schedule creates the learning-rate schedule, given the optimiser and the number of steps
 */
public record Training(Lab lab, Examples examples, int epochs, Function<Module, Optimizer> optimizer,
        BiFunction<Optimizer, Long, Callback> schedule) {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    public static final String TRAIN_LOSS = "train loss", TEST_LOSS = "test loss", TEST_ERROR = "test error %", STEP_TIME = "ms/step";

    static final String CURVE = "train loss in evaluation mode";

    /** Creates a training with a constant learning rate. */
    public Training(Lab lab, Examples examples, int epochs, Function<Module, Optimizer> optimizer) {
        this(lab, examples, epochs, optimizer, (o, steps) -> new Callback() {});
    }

    /**
     * Trains and measures a network.
     *
     * @param model creates the network, which is closed here
     * @param methods creates the callbacks and training methods for it
     */
    public Sweep.Result run(long seed, LongFunction<? extends Module> model, Batches batches, Function<Module, List<Callback>> methods) {
        return run(seed, model, batches, methods, t -> Map.of());
    }

    /**
     * Trains and measures a network.
     *
     * @param after takes further measures of the trained model
     */
    public Sweep.Result run(long seed, LongFunction<? extends Module> model, Batches batches, Function<Module, List<Callback>> methods,
            Function<Trainer, Map<String, Double>> after) {
        Torch.manualSeed(seed);
        try (Module m = model.apply(seed); Optimizer o = optimizer.apply(m)) {
            var evaluation = new Evaluation(Objective.of(CrossEntropy::crossEntropy), List.of(Metric.ACCURACY), lab.placement());
            var watch = new Watch(evaluation);
            var callbacks = new ArrayList<Callback>(methods.apply(m));
            callbacks.add(schedule.apply(o, (long) epochs * batches.count()));
            callbacks.add(watch);
            try (var trainer = Trainer.of(m, o, evaluation.objective()).device(lab.device()).precision(lab.precision())
                    .memoryFormat(MemoryFormat.CHANNELS_LAST).metrics(Metric.ACCURACY).callbacks(callbacks.toArray(Callback[]::new))
                    .build()) {
                trainer.fit(batches, examples.testing(), epochs);
                Map<String, Double> test = trainer.history().getLast().test();
                var measures = new LinkedHashMap<String, Double>();
                measures.put(TRAIN_LOSS, watch.curve.getLast());
                measures.put(TEST_LOSS, test.get("loss"));
                measures.put(TEST_ERROR, 100 * (1 - Objects.requireNonNull(test.get("accuracy"), "accuracy")));
                measures.put(STEP_TIME, watch.medianStep());
                measures.putAll(after.apply(trainer));
                return new Sweep.Result(measures, watch.curve.stream().mapToDouble(v -> v).toArray());
            }
        }
    }

    /** Records the time of steps and the loss of epochs. */
    private final class Watch implements Callback {
        private final Evaluation evaluation;
        private final List<Double> curve = new ArrayList<>();
        private final List<Double> times = new ArrayList<>();
        private long begun;

        Watch(Evaluation evaluation) { this.evaluation = evaluation; }

        @Override public void batchStart(Trainer t) { begun = now(); }

        @Override public void batchEnd(Trainer t) {
            times.add((now() - begun) * 1e-6);
            lab.check();
        }

        @Override public void epochEnd(Trainer t) { curve.add(evaluation.of(t.model(), examples.trainingAsTest()).get("loss")); }

        private long now() { return lab.device().type() == Device.Type.CPU ? CLOCK.getCurrentThreadCpuTime() : System.nanoTime(); }

        double medianStep() {
            double[] sorted = times.stream().mapToDouble(v -> v).sorted().toArray();
            return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
        }
    }
}
