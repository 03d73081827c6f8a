package panatorch.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.GradScaler;
import panatorch.data.Batches;
import panatorch.nn.Module;
import panatorch.optim.Optimizer;
import panatorch.serialize.Checkpoints;

/**
 * The training loop. All else (schedules, clipping, averages of weights, checkpoints, progress, the dropout methods) is {@link Callback}s
 * and {@link TrainingMethod}s:
 *
 * <pre>
 * fitStart
 * for each epoch:
 *     epochStart                                       the model is in training mode
 *     for each batch:
 *         batchStart
 *         result ← objective(model, input, target)     autocast, the methods around the plain objective
 *         backward(scaled loss ÷ batches of the step)
 *         if it is the last of {@code accumulate} batches, or of the epoch:
 *             gradients are unscaled
 *             beforeStep                               clipping
 *             optimiser and scaler step, gradients are freed
 *             afterStep                                schedules, averages of weights
 *         batchEnd
 *         if the optimiser stepped: safePoint          checkpoints by step
 *     if there are test batches:
 *         evaluationStart
 *         for each test batch: result ← plain objective; evaluationBatch
 *     epochEnd                                         early stop, reports
 *     safePoint                                        checkpoints by epoch
 * fitEnd                                               fitFailed instead after an exception
 * </pre>
 *
 * <pre>{@code
 * try (var trainer = Trainer.of(model, optimizer, Objective.of(CrossEntropy::crossEntropy)).metrics(Metric.ACCURACY)
 *         .callbacks(Schedule.eachStep(scheduler), new LineProgress(System.out)).build()) {
 *     trainer.fit(train, test, 10);
 * }
 * }</pre>
 *
 * <p>Nothing in a step waits for the device unless a callback does. Optimisers that need a closure ({@link panatorch.optim.LBFGS}) are not for it. A fit that was saved at a safe point and is resumed from there by an equal
 * trainer goes on bit for bit, on a CPU.
 *
 * <p>Owns sums of metrics and, unless given, the scaler that float16 needs; model and optimiser stay the caller's. One thread's, but for {@link #stop}.
 */
public final class Trainer implements AutoCloseable {
    /**
     * An epoch that is over.
     *
     * @param epoch from 1
     * @param steps optimiser steps so far
     * @param learningRate of the first group, of the next step
     * @param train means as the batches were trained, dropout included; loss and metrics by name
     * @param test of the whole test set after the epoch; empty without one
     * @param seconds for training and testing, of the part after it was resumed
     */
    public record EpochSummary(long epoch, long steps, double learningRate, Map<String, Double> train, Map<String, Double> test, double seconds) {
        /** A mean of the test, or of training if nothing was tested. @throws IllegalArgumentException if there is none of that name */
        public double measure(String name) {
            Map<String, Double> means = test.isEmpty() ? train : test;
            if (!(means.get(name) instanceof Double mean)) throw new IllegalArgumentException("nothing measures '" + name + "'; there are " + means.keySet());
            return mean;
        }
    }

    private final Module model;
    private final Optimizer optimizer;
    private final Objective objective;
    private final Evaluation evaluation;
    private final Placement placement;
    private final @Nullable GradScaler scaler;
    private final boolean ownsScaler;
    private final int accumulate;
    private final List<Callback> callbacks;
    private final Averages trained = new Averages();
    private final TrainerState state = new TrainerState(this);
    private Module evaluated;
    final List<EpochSummary> history = new ArrayList<>();
    long epoch, finishedEpochs, steps;
    int batch, batches;
    private boolean atSafePoint = true;
    private volatile @Nullable String stopReason;

    Trainer(TrainerBuilder b) {
        model = b.model;
        optimizer = b.optimizer;
        evaluated = model;
        List<Tensor> parameters = model.parameters();
        Device device = b.device != null ? b.device : parameters.isEmpty() ? Device.CPU : parameters.getFirst().device();
        placement = new Placement(device, b.precision, b.format);
        accumulate = b.accumulate;
        evaluation = new Evaluation(b.evaluationObjective == null ? b.objective : b.evaluationObjective, List.copyOf(b.metrics), placement);
        callbacks = List.copyOf(b.callbacks);
        Objective around = b.objective;
        for (Callback c : callbacks) if (c instanceof TrainingMethod m) around = m.around(around);
        objective = around;
        ownsScaler = b.scaler == null && b.precision.autocast() == DType.FLOAT16;
        scaler = ownsScaler ? new GradScaler() : b.scaler;
                if (b.device != null || b.format != null) model.to(b.device, null, b.format);
    }

    /** Trains until {@code epochs} are finished in all, those of a run that is resumed included. */
    public void fit(Batches train, long epochs) { fit(train, null, epochs); }

    /** @param test evaluated after each epoch, or null */
    public void fit(Batches train, @Nullable Batches test, long epochs) {
        stopReason = null;
        batches = train.count();
        if (batch > batches) throw new IllegalArgumentException("the run that is resumed was at batch " + batch + " of an epoch, and epochs of " + batches + " batches are given");
        try {
            run(train, test, epochs);
        } catch (RuntimeException | Error e) {
            for (Callback c : callbacks) attempt(() -> c.fitFailed(this), e);
            throw e;
        }
    }

    private static void attempt(Runnable action, Throwable failure) {
        try {
            action.run();
        } catch (RuntimeException another) {
            failure.addSuppressed(another);
        }
    }

    private void run(Batches train, @Nullable Batches test, long epochs) {
        each(c -> c.fitStart(this));
        while (finishedEpochs < epochs && stopReason == null) {
            long begun = System.nanoTime();
            trainEpoch(train);
            if (batch < batches) break;
            Map<String, Double> tested = test == null ? Map.of() : evaluate(test);
            finishedEpochs++;
            batch = 0;
            history.add(new EpochSummary(finishedEpochs, steps, optimizer.learningRate(), trained.means(), tested, (System.nanoTime() - begun) * 1e-9));
            each(c -> c.epochEnd(this));
            trained.reset();
            each(c -> c.safePoint(this));
        }
        each(c -> c.fitEnd(this));
    }

    private void trainEpoch(Batches train) {
        epoch = finishedEpochs + 1;
        model.train();
        each(c -> c.epochStart(this));
        try (var rest = train.epoch(epoch, batch)) {
            while (rest.hasNext() && stopReason == null) {
                int size = Math.min(accumulate, batches - batch);
                for (int i = 0; i < size; i++) {
                    try (var b = rest.next()) {
                        train(b, size, i == size - 1);
                    }
                }
                each(c -> c.safePoint(this));
            }
        }
    }

    private void train(Batches.Pair b, int batchesOfStep, boolean last) {
        atSafePoint = false;
        each(c -> c.batchStart(this));
        try (var scope = Scope.open()) {
            Tensor input = placement.place(b.input(), true), target = b.target() == null ? null : placement.place(b.target(), false);
            Objective.Result result;
            try (var cast = placement.autocast()) {
                result = objective.apply(model, input, target);
            }
            Tensor loss = batchesOfStep == 1 ? result.loss() : result.loss().div(batchesOfStep);
            (scaler == null ? loss : scaler.scale(loss)).backward();
            trained.add(result, target, evaluation.metrics(), input.size(0));
            if (last) step();
        }
        batch++;
        each(c -> c.batchEnd(this));
        atSafePoint = last;
    }

    private void step() {
        if (scaler != null) scaler.unscale_(optimizer);
        each(c -> c.beforeStep(this));
        if (scaler == null) {
            optimizer.step();
        } else {
            scaler.step(optimizer);
            scaler.update();
        }
        optimizer.zeroGrad();
        steps++;
        each(c -> c.afterStep(this));
    }

    /** Means over all batches by the plain objective, of {@link #evaluated}. */
    public Map<String, Double> evaluate(Batches test) {
        each(c -> c.evaluationStart(this));
        return evaluation.of(evaluated, test, so -> each(c -> c.evaluationBatch(this, so)));
    }

    /** Ends the fit after the step that is under way; from any thread. The epoch is left unfinished, to be resumed. @param reason for people */
    public void stop(String reason) { stopReason = reason; }

    private void each(Consumer<Callback> event) { callbacks.forEach(event); }

    // ---- what callbacks look at

    public Module model() { return model; }

    public Optimizer optimizer() { return optimizer; }

    /** What is evaluated, and worth to be saved: the model, unless a callback put an average of it here. */
    public Module evaluated() { return evaluated; }

    public void setEvaluated(Module model) { evaluated = model; }

    public Placement placement() { return placement; }

    public List<Callback> callbacks() { return callbacks; }

    public @Nullable GradScaler scaler() { return scaler; }

    /** The epoch under way, or else the last one, from 1; 0 before a fit. */
    public long epoch() { return epoch; }

    /** Batches of this epoch so far. */
    public int batch() { return batch; }

    /** Batches of an epoch; 0 before a fit. */
    public int batches() { return batches; }

    /** Optimiser steps so far, those that a scaler left out included. */
    public long steps() { return steps; }

    /** Of the epoch under way. To read a mean waits for the device. */
    public Averages trained() { return trained; }

    /**
     * Returns the direction in which a measure of this trainer improves: down for {@code loss}, and for a metric what its {@link Metric#direction} says.
     *
     * @param measure {@code loss} or the name of one of this trainer's metrics
     * @throws IllegalArgumentException if there is none of that name
     */
    public Metric.Direction direction(String measure) {
        if (measure.equals(Metric.LOSS)) return Metric.Direction.MINIMIZE;
        for (Metric m : evaluation.metrics()) if (m.name().equals(measure)) return m.direction();
        List<String> names = Stream.concat(Stream.of(Metric.LOSS), evaluation.metrics().stream().map(Metric::name)).toList();
        throw new IllegalArgumentException("nothing measures '" + measure + "'; there are " + names + ". Pass one of these, or add it to the trainer by metrics(new Metric(…))");
    }

    /** The epochs so far. */
    public List<EpochSummary> history() { return Collections.unmodifiableList(history); }

    /** Why the last fit ended early; null if it did not. */
    public @Nullable String stopReason() { return stopReason; }

    // ---- going on later

    /**
     * Writes all that an equal trainer goes on from, by {@link Checkpoints}: sections {@code model}, {@code optimizer}, {@code scaler}, {@code rng},
     * {@code position}, {@code history} and {@code callbacks}.
     *
     * @throws IllegalStateException within a step; {@link Callback#safePoint} is the place
     */
    public void save(Path file) throws IOException {
        if (!atSafePoint) throw new IllegalStateException("a trainer is saved between two steps, as in Callback.safePoint");
        try (var scope = Scope.open()) {
            Checkpoints.write(file, state.stateDict());
        }
    }

    /** Goes on from a file of {@link #save}: the next {@link #fit} is of the rest. */
    public void load(Path file) throws IOException {
        try (var scope = Scope.open()) {
            state.loadStateDict(Checkpoints.read(file));
        }
    }

    @Override public void close() {
        trained.close();
        if (ownsScaler && scaler != null) scaler.close();
    }

    // ---- options

    public static TrainerBuilder of(Module model, Optimizer optimizer, Objective objective) { return new TrainerBuilder(model, optimizer, objective); }
}
