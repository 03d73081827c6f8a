package panatorch.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
import panatorch.serialize.Saving;

/**
 * The training loop. Everything else (schedules, clipping, weight averages, checkpoints, progress, the dropout methods) is a
 * {@link Callback} or a {@link TrainingMethod}:
 *
 * <pre>
 * fitStart
 * for each epoch:
 *     epochStart                                       the model is in training mode
 *     for each batch:
 *         batchStart
 *         result ← objective(model, input, target)     autocast; the training methods wrap the plain objective
 *         backward(scaled loss ÷ batches of the step)
 *         if it is the last of {@code accumulate} batches, or of the epoch:
 *             gradients are unscaled
 *             beforeStep                               clipping
 *             optimiser and scaler step, gradients are freed
 *             afterStep                                schedules, weight averages
 *         batchEnd
 *         if the optimiser stepped: safePoint          checkpoints by step
 *     if there are test batches:
 *         evaluationStart
 *         for each test batch: result ← plain objective; evaluationBatch
 *     epochEnd                                         early stopping, reports
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
 * <p>
 * Nothing in a step waits for the device unless a callback does. Optimisers that need a closure ({@link panatorch.optim.LBFGS}) are not
 * supported. On a CPU, a fit that is saved at a safe point and resumed by an equal trainer continues bit-exactly.
 *
 * <p>
 * {@link TrainerBuilder#distributed(panatorch.distributed.ProcessGroup)} trains with many processes.
 *
 * <p>
 * Owns the sums of its metrics and the scaler that float16 needs, unless one is given. Model and optimiser stay the caller's. For use by
 * one thread, except for {@link #stop}.
 */
public final class Trainer implements AutoCloseable {
    /**
     * A finished epoch.
     *
     * @param epoch number of the epoch, from 1
     * @param steps optimiser steps so far
     * @param learningRate learning rate of the first group for the next step
     * @param train means of loss and metrics, by name, taken while training, with dropout active
     * @param test means of loss and metrics, by name, over the test set after the epoch; empty if there is none
     * @param seconds time for training and testing; of a resumed epoch, the time since it was resumed
     */
    public record EpochSummary(long epoch, long steps, double learningRate, Map<String, Double> train, Map<String, Double> test,
            double seconds) {
        /**
         * Returns a mean of the test, or of training if there is no test.
         *
         * @throws IllegalArgumentException if there is no mean of that name
         */
        public double measure(String name) {
            Map<String, Double> means = test.isEmpty() ? train : test;
            if (!(means.get(name) instanceof Double mean))
                throw new IllegalArgumentException("there is no mean '" + name + "'; choose one of " + means.keySet());
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
    private final Callbacks callbacks;
    final World world;
    private final Averages trained = new Averages();
    private final TrainerState state = new TrainerState(this);
    private Module evaluated;
    final List<EpochSummary> history = new ArrayList<>();
    long epoch, finishedEpochs, steps;
    int batch, batches;
    boolean atSafePoint = true;
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
        Objective around = b.objective;
        for (Callback c : b.callbacks) if (c instanceof TrainingMethod m) around = m.around(around);
        objective = around;
        ownsScaler = b.scaler == null && b.precision.autocast() == DType.FLOAT16;
        scaler = ownsScaler ? new GradScaler() : b.scaler;
        requireDivided(b);
        if (b.device != null || b.format != null) model.to(b.device, null, b.format);
        world = b.distribution == null ? World.ALONE : new GroupWorld(model, optimizer, b.distribution);
        callbacks = new Callbacks(b.callbacks, world.rank());
    }

    private void requireDivided(TrainerBuilder b) {
        if (b.distribution == null || b.distribution.sharded() == null) return;
        if (b.distribution.sharded().model() != model)
            throw new IllegalArgumentException("the model whose parameters are divided is another than the trainer's");
        if (scaler != null || b.device != null || b.format != null)
            throw new IllegalArgumentException(
                    "a model whose parameters are divided is trained without a GradScaler, and where it is: leave "
                            + "out scaler, float16, device and memoryFormat");
    }

    /** Trains until {@code epochs} epochs are finished in total, including those of a run that is resumed. */
    public void fit(Batches train, long epochs) {
        fit(train, null, epochs);
    }

    /**
     * Trains until {@code epochs} epochs are finished in total, including those of a run that is resumed.
     *
     * @param test batches to evaluate after each epoch, or null
     */
    public void fit(Batches train, @Nullable Batches test, long epochs) {
        stopReason = null;
        int count = world.begin(this, train.count(), epochs);
        if (batch > count || batch > 0 && batches > 0 && count != batches)
            throw new IllegalArgumentException("the run that is resumed was at batch " + batch + " of an epoch of " + batches
                    + " batches, and epochs of " + count + " batches are given; pass the same data in batches of the same size");
        batches = count;
        try {
            run(train, test, epochs);
        } catch (RuntimeException | Error e) {
            callbacks.fitFailed(this, e);
            throw e;
        }
    }

    private void run(Batches train, @Nullable Batches test, long epochs) {
        each(c -> c.fitStart(this));
        while (finishedEpochs < epochs && goesOn()) {
            long begun = System.nanoTime();
            trainEpoch(train);
            if (batch < batches) break;
            world.reduce(trained);
            Map<String, Double> tested = test == null ? Map.of() : evaluate(test);
            finishedEpochs++;
            batch = 0;
            history.add(new EpochSummary(finishedEpochs, steps, optimizer.learningRate(), trained.means(), tested,
                    (System.nanoTime() - begun) * 1e-9));
            each(c -> c.epochEnd(this));
            trained.reset();
            each(c -> c.safePoint(this));
        }
        each(c -> c.fitEnd(this));
    }

    /** Returns whether no rank wants to stop. All ranks ask at the same places. */
    private boolean goesOn() {
        String agreed = world.agreed(stopReason);
        if (agreed != null) stopReason = agreed;
        return agreed == null;
    }

    private void trainEpoch(Batches train) {
        epoch = finishedEpochs + 1;
        model.train();
        each(c -> c.epochStart(this));
        try (var rest = train.epoch(epoch, batch)) {
            while (batch < batches && goesOn()) {
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
            world.beforeForward(last);
            try (var cast = placement.autocast()) {
                result = objective.apply(model, input, target);
            }
            Tensor loss = batchesOfStep == 1 ? result.loss() : result.loss().div(batchesOfStep);
            world.backward(scaler == null ? loss : scaler.scale(loss));
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

    /** Evaluates {@link #evaluated} and returns the means over all batches, by the plain objective. */
    public Map<String, Double> evaluate(Batches test) {
        each(c -> c.evaluationStart(this));
        return evaluation.of(evaluated, test, so -> each(c -> c.evaluationBatch(this, so)), world);
    }

    /**
     * Ends the fit after the current step. May be called from any thread. The epoch stays unfinished and can be resumed.
     *
     * @param reason reason to show to the user
     */
    public void stop(String reason) { stopReason = reason; }

    private void each(Consumer<Callback> event) { callbacks.each(event); }

    // ---- state that callbacks read

    public Module model() { return model; }

    public Optimizer optimizer() { return optimizer; }

    /** Returns the module to evaluate and to save as the result: the model, unless a callback has replaced it by an average. */
    public Module evaluated() {
        return evaluated;
    }

    public void setEvaluated(Module model) { evaluated = model; }

    public Placement placement() { return placement; }

    /** Returns the number of this process among those that train together, from 0. */
    public int rank() { return world.rank(); }

    /** Returns the number of processes that train together; 1 unless this trainer is distributed. */
    public int ranks() {
        return world.ranks();
    }

    public List<Callback> callbacks() { return callbacks.all(); }

    public @Nullable GradScaler scaler() { return scaler; }

    /** Returns the number of the current epoch, or else of the last one, from 1; 0 before a fit. */
    public long epoch() { return epoch; }

    /** Returns the number of batches of this epoch so far. */
    public int batch() { return batch; }

    /** Returns the number of batches of an epoch; 0 before a fit. */
    public int batches() { return batches; }

    /** Returns the number of optimiser steps so far, including steps that the scaler skipped. */
    public long steps() { return steps; }

    /** Returns the averages of the current epoch. Reading a mean waits for the device. */
    public Averages trained() { return trained; }

    /**
     * Returns the direction in which a measure of this trainer improves: down for {@code loss}, and for a metric its
     * {@link Metric#direction}.
     *
     * @param measure {@code loss} or the name of one of this trainer's metrics
     * @throws IllegalArgumentException if there is none of that name
     */
    public Metric.Direction direction(String measure) {
        return Metric.direction(measure, evaluation.metrics());
    }

    /** Returns the finished epochs. */
    public List<EpochSummary> history() { return Collections.unmodifiableList(history); }

    /** Returns the reason why the last fit ended early, or null. */
    public @Nullable String stopReason() { return stopReason; }

    // ---- checkpoints

    /**
     * Writes everything that an equal trainer needs to resume, by {@link Checkpoints}: sections {@code model}, {@code optimizer},
     * {@code scaler}, {@code rng}, {@code position}, {@code history} and {@code callbacks}.
     *
     * @throws IllegalStateException if it is called within a step; call it in {@link Callback#safePoint}
     */
    public void save(Path file) throws IOException { state.save(file); }

    /** Copies what {@link #save} writes and writes it in the background, by {@link Checkpoints#saveAsync}, while the training goes on. */
    public Saving saveAsync(Path file) throws IOException {
        return state.saveAsync(file);
    }

    /** Restores the state of a file of {@link #save}. The next {@link #fit} does the remaining work. */
    public void load(Path file) throws IOException {
        state.load(file);
    }

    @Override public void close() {
        world.close();
        trained.close();
        if (ownsScaler && scaler != null) scaler.close();
    }

    // ---- options

    public static TrainerBuilder of(Module model, Optimizer optimizer, Objective objective) {
        return new TrainerBuilder(model, optimizer, objective);
    }
}
