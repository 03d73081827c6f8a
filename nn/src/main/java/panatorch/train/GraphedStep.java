package panatorch.train;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import panatorch.Autocast;
import panatorch.Device;
import panatorch.Generator;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.GradScaler;
import panatorch.amp.Precision;
import panatorch.cuda.CudaGraph;
import panatorch.cuda.Stream;
import panatorch.internal.log.Log;
import panatorch.nn.Module;
import panatorch.optim.DeviceRates;
import panatorch.optim.Optimizer;

/**
 * A training step for inputs of one shape, recorded as a CUDA graph. Forward pass, loss, backward pass and optimiser become one call, so
 * that small kernels no longer wait for Java and libtorch to launch them. Follows PyTorch's notes on whole-network capture:
 *
 * <pre>
 * the first {@code warmUp} runs     eager, on a side stream: libraries start, optimiser state is created
 * the next run                      gradients are freed; the step is recorded, then replayed
 * all later runs                    input and target are copied to where the recorded step reads them; replay
 * </pre>
 *
 * <pre>{@code
 * try (var sgd = new SGD(model.parameters(), SGD.options(0.1).momentum(0.9).fused(true));
 *         var step = new GraphedStep(model, sgd, Objective.of(CrossEntropy::crossEntropy),
 *                 GraphedStep.options().precision(Precision.BF16))) {
 *     for (…) loss = step.run(images, labels).loss();
 * }
 * }</pre>
 *
 * <p>
 * Every run trains, also the eager ones. Learning rates may change between runs. Dropout masks are new in each run and equal those that the
 * eager step would have drawn. Everything else that Java decides is fixed when the step is recorded: branches, hooks, {@code train()} or
 * {@code eval()}, what a mask source draws on the CPU, and all options but the learning rate. The step must not wait for the device.
 * Without CUDA, or with a model on another device, every run is eager; a warning in the log says so once.
 *
 * <p>
 * Owns the recording and its memory until it is closed. Model, optimiser and scaler stay the caller's: do not move or close them, and do
 * not load state into the optimiser or scaler, without calling {@link #forget} first. For use by one platform thread. Recording has not
 * been run on a GPU yet.
 */
public final class GraphedStep implements AutoCloseable {
    /**
     * Options of a graphed step. Each method returns changed options.
     *
     * @param precision precision of the forward pass
     * @param format memory format of inputs [N, C, H, W]; null leaves them as they are
     * @param scaler gradient scaler for float16, or null; decides on the device
     * @param warmUp number of eager runs before the step is recorded, at least 1
     * @param generators generators that the step draws from, besides the device's default one
     * @param beforeStep called between the backward pass and the optimiser's step, on unscaled gradients, for example to clip them; must
     * not wait for the device
     */
    public record Options(Precision precision, @Nullable MemoryFormat format, @Nullable GradScaler scaler, int warmUp,
            List<Generator> generators, @Nullable Runnable beforeStep) {
        public Options {
            if (warmUp < 1)
                throw new IllegalArgumentException(
                        "warmUp is " + warmUp + "; at least 1 eager run has to create the optimiser's state first");
            generators = List.copyOf(generators);
        }

        public Options precision(Precision value) { return new Options(value, format, scaler, warmUp, generators, beforeStep); }
        public Options format(MemoryFormat value) { return new Options(precision, value, scaler, warmUp, generators, beforeStep); }
        public Options scaler(GradScaler value) { return new Options(precision, format, value, warmUp, generators, beforeStep); }
        public Options warmUp(int runs) { return new Options(precision, format, scaler, runs, generators, beforeStep); }
        public Options generators(Generator... values) {
            return new Options(precision, format, scaler, warmUp, List.of(values), beforeStep);
        }
        public Options beforeStep(Runnable action) { return new Options(precision, format, scaler, warmUp, generators, action); }
    }

    /** Returns the defaults: three eager runs in float32, as in {@code torch.cuda.make_graphed_callables}. */
    public static Options options() {
        return new Options(Precision.FP32, null, null, 3, List.of(), null);
    }

    private static final AtomicBoolean SAID = new AtomicBoolean();

    private final Module model;
    private final Optimizer optimizer;
    private final Objective objective;
    private final Options options;
    private final Placement placement;
    private final DeviceRates rates;
    private final Stream side;
    private final @Nullable Recorder recorder;
    private @Nullable Tensor input, target;
    private Objective.@Nullable Result result;
    private Recorder.@Nullable Recording recording;
    private int eager;
    private boolean closed;

    /**
     * Prepares a graphed step.
     *
     * @throws IllegalArgumentException if the optimiser's step cannot be recorded: it has to be fused, with all its state on the device
     */
    public GraphedStep(Module model, Optimizer optimizer, Objective objective, Options options) {
        this(model, optimizer, objective, options, recorder(device(model)));
    }

    /**
     * Prepares a step with a given recorder.
     *
     * @param recorder null for eager runs only
     */
    GraphedStep(Module model, Optimizer optimizer, Objective objective, Options options, @Nullable Recorder recorder) {
        this.model = model;
        this.optimizer = optimizer;
        this.objective = objective;
        this.options = options;
        this.recorder = recorder;
        placement = new Placement(device(model), options.precision, options.format);
        rates = new DeviceRates(optimizer);
        side = Stream.pooled(placement.device());
    }

    private static Device device(Module model) {
        List<Tensor> parameters = model.parameters();
        if (parameters.isEmpty()) throw new IllegalArgumentException("the model has no parameters to train");
        return parameters.getFirst().device();
    }

    private static @Nullable Recorder recorder(Device device) {
        if (device.type() == Device.Type.CUDA && CudaGraph.isAvailable()) return Recorder.GRAPHS;
        if (SAID.compareAndSet(false, true))
            Log.warn(GraphedStep.class, "A step of a model on " + device + " cannot be recorded as a CUDA graph here: it is run eagerly.");
        return null;
    }

    /**
     * Runs one training step.
     *
     * @param input tensor of the first run's shape and type, on any device, best in pinned memory
     * @param target tensor of the first run's shape and type, or null if the objective needs none
     * @return loss and output, owned by this object: the next run overwrites or frees them
     * @throws IllegalArgumentException if shape or type differ from the first run's. Leave out a smaller last batch, or train it by a step
     * of its own
     * @throws IllegalStateException if an option of the optimiser other than the learning rate has changed
     */
    public Objective.Result run(Tensor input, @Nullable Tensor target) {
        if (closed) throw new IllegalStateException("the graphed step is closed");
        rates.update();
        this.input = placed("input", this.input, input, true);
        this.target = placed("target", this.target, target, false);
        if (recording != null) {
            recording.replay();
        } else if (recorder == null || eager < options.warmUp) {
            onSide(this::step);
            eager++;
        } else {
            record(recorder).replay();
        }
        return java.util.Objects.requireNonNull(result);
    }

    /** Returns the tensor that the step reads, filled with the elements of {@code given}. */
    private @Nullable Tensor placed(String name, @Nullable Tensor read, @Nullable Tensor given, boolean formed) {
        if (eager == 0 && read == null) return given == null ? null : own(given, formed);
        if ((read == null) != (given == null)
                || read != null && !(read.dtype() == given.dtype() && Arrays.equals(read.shape(), given.shape())))
            throw new IllegalArgumentException("the " + name + " of this step was "
                    + (read == null ? "nothing" : read.describe()) + " and is now " + (given == null ? "nothing" : given.describe())
                    + ": a step that is recorded has one shape");
        if (read != null) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                read.copy_(given, true);
            }
        }
        return read;
    }

    private Tensor own(Tensor given, boolean formed) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return placement.place(given.to(placement.device(), given.dtype(), true, true), formed).escape();
        }
    }

    /**
     * Runs the work on a side stream and synchronises with it, as PyTorch's warm-up does. The current stream's order, which the rest of the
     * program relies on, is not disturbed.
     */
    private void onSide(Runnable work) {
        Stream current = Stream.current(placement.device());
        side.waitStream(current);
        try (var on = side.enter()) {
            work.run();
        }
        current.waitStream(side);
    }

    private Recorder.Recording record(Recorder recorder) {
        optimizer.zeroGrad(); // so that the recorded step creates gradients of its own and accumulates nothing
        try {
            return recording = recorder.record(side, options.generators, this::step);
        } catch (RuntimeException | Error e) {
            forget(); // the gradients lie in the memory of the failed recording
            throw e;
        }
    }

    private void step() {
        try (var scope = Scope.open()) {
            optimizer.zeroGrad();
            Objective.Result made;
            try (Autocast cast = placement.autocast()) {
                made = objective.apply(model, java.util.Objects.requireNonNull(input), target);
            }
            GradScaler scaler = options.scaler;
            (scaler == null ? made.loss() : scaler.scale(made.loss())).backward();
            if (options.beforeStep instanceof Runnable action) {
                if (scaler != null) scaler.unscale_(optimizer);
                action.run();
            }
            if (scaler == null) {
                optimizer.step();
            } else {
                scaler.step(optimizer);
                scaler.update();
            }
            freeResult();
            result = new Objective.Result(made.loss().detach().escape(), made.output().detach().escape());
        }
    }

    private void freeResult() {
        if (result == null) return;
        result.loss().close();
        result.output().close();
        result = null;
    }

    /** Returns whether runs replay a recorded step. */
    public boolean isRecorded() { return recording != null; }

    /**
     * Frees the recording and the gradients, so that the next run records anew. Needed after the optimiser's state was loaded or the model
     * changed.
     */
    public void forget() {
        optimizer.zeroGrad();
        freeResult();
        if (recording != null) recording.close();
        recording = null;
    }

    /** Frees the recording, inputs, results and gradients. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        forget();
        rates.close();
        if (input != null) input.close();
        if (target != null) target.close();
    }
}
