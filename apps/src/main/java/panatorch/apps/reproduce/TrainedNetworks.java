package panatorch.apps.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.metrics.Calibration;
import panatorch.metrics.ErrorDetection;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Predictor;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Optimizer;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Trainer;

/**
 * Trains networks that several variants of a seed predict with, each once, and measures predictions.
 *
 * @param lab the scale
 * @param images the data set
 * @param epochs number of epochs of each training
 * @param optimizer creates the optimiser
 * @param schedule creates the learning-rate schedule, given the optimiser and the number of steps
 */
record TrainedNetworks(Lab lab, Images images, int epochs, Function<Module, Optimizer> optimizer,
        BiFunction<Optimizer, Long, Callback> schedule) {
    private static final String SECONDS = "seconds";
    private static final int BATCH = 100;

    /**
     * A trained network. Owns its module.
     *
     * @param module the network
     * @param seconds time that its training took
     */
    record Network(Module module, double seconds) implements AutoCloseable {
        @Override public void close() { module.close(); }
    }

    long steps() { return (long) epochs * images.training(BATCH, 0, false, false).count(); }

    /** Returns a network that was trained with labels, now or by an earlier trial of the seed. The caller closes it. */
    Network trained(String name, long seed, long own, Work work, Supplier<Module> network, Function<Module, List<Callback>> methods) {
        return trained(name, seed, own, work, network, Objective.of(CrossEntropy::crossEntropy), methods);
    }

    /**
     * Returns a network that was trained, now or by an earlier trial of the seed. The caller closes it.
     *
     * @param name name of the network within its seed
     * @param own seed of the initial weights and the order of the examples
     * @param objective the loss
     * @param methods creates the callbacks and training methods for it
     */
    Network trained(String name, long seed, long own, Work work, Supplier<Module> network, Objective objective,
            Function<Module, List<Callback>> methods) {
        var kept = work.network(name, own, network, lab.device(), (m, checkpoint) -> Map.of(SECONDS,
                Double.toString(train(m, own, work, checkpoint, objective, methods))));
        return new Network(kept.module(), Double.parseDouble(Objects.requireNonNull(kept.facts().get(SECONDS), SECONDS)));
    }

    private double train(Module m, long own, Work work, Path checkpoint, Objective objective, Function<Module, List<Callback>> methods) {
        Batches batches = images.training(BATCH, own, false, false);
        try (Optimizer o = optimizer.apply(m)) {
            var watch = new Stopwatch();
            var callbacks = new ArrayList<Callback>(methods.apply(m));
            callbacks.add(schedule.apply(o, (long) epochs * batches.count()));
            callbacks.add(watch);
            callbacks.add(work.checkpointing(checkpoint, epochs));
            try (var trainer = Trainer.of(m, o, objective).device(lab.device()).precision(lab.precision())
                    .memoryFormat(MemoryFormat.CHANNELS_LAST).callbacks(callbacks.toArray(Callback[]::new)).build()) {
                work.train(trainer, checkpoint, epochs, () -> trainer.fit(batches, epochs));
            }
            return watch.seconds;
        }
    }

    /** Sums the time of steps. */
    private final class Stopwatch implements Callback {
        private long begun;
        private double seconds;

        @Override public void batchStart(Trainer t) { begun = lab.now(); }

        @Override public void batchEnd(Trainer t) {
            seconds += (lab.now() - begun) * 1e-9;
            lab.check();
        }

        @Override public Map<String, ?> stateDict() { return Map.of(SECONDS, seconds); }

        @Override public void loadStateDict(Map<String, ?> state) {
            seconds = ((Number) Objects.requireNonNull(state.get(SECONDS), SECONDS)).doubleValue();
        }
    }

    /** Returns the mean of several predictors' probabilities. */
    static Predictor mean(List<Predictor> predictors) {
        return input -> {
            try (var scope = Scope.open()) {
                Tensor[] logs = predictors.stream().map(p -> p.logProbabilities(input)).toArray(Tensor[]::new);
                return scope.move(Aten.stack(logs).logsumexp(new long[] {0}, false).sub(Math.log(logs.length)));
            }
        };
    }

    /**
     * Measures predictions of the test images.
     *
     * @param seconds time that the training of everything behind the predictor took
     */
    Trial.Result measured(Predictor predictor, double seconds) {
        Torch.manualSeed(0); // Monte-Carlo draws the same masks whether or not the network was trained just now
        var logs = new ArrayList<Tensor>();
        var targets = new ArrayList<Tensor>();
        long time = 0;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var epoch = images.testing().epoch(1, 0)) {
            while (epoch.hasNext()) {
                lab.check();
                try (var batch = epoch.next(); var each = Scope.open()) {
                    Tensor input = batch.input().to(lab.device()).contiguous(MemoryFormat.CHANNELS_LAST);
                    long begun = lab.now();
                    Tensor log = predictor.logProbabilities(input).to(Device.CPU);
                    time += lab.now() - begun;
                    logs.add(each.move(log));
                    targets.add(each.move(Objects.requireNonNull(batch.target(), "test images have labels").clone()));
                }
            }
            Tensor log = Aten.cat(logs), target = Aten.cat(targets), p = log.exp();
            var calibration = Calibration.of(p, target);
            Tensor entropy = p.mul(log).nanToNum().sum(1).neg();
            var measures = new LinkedHashMap<String, Double>();
            measures.put(Measures.TEST_ERROR, 100 * (1 - calibration.accuracy()));
            measures.put("test NLL", calibration.nll());
            measures.put("ECE %", 100 * calibration.ece());
            measures.put("AUROC of errors %", 100 * ErrorDetection.of(entropy, p.argmax(1L, false).ne(target)).auroc());
            measures.put("training seconds", seconds);
            measures.put("prediction ms/1000 images", time * 1e-6 * 1000 / log.size(0));
            return new Trial.Result(measures, Map.of());
        }
    }
}
