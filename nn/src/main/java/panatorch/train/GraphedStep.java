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
 * A training step of inputs of one shape, recorded as a CUDA graph: forward pass, loss, backward pass and optimiser are one call, where small kernels would wait for
 * Java and libtorch to start them. As PyTorch's notes on whole-network capture have it:
 *
 * <pre>
 * the first {@code warmUp} runs     eager, on a stream of their own: libraries start, optimiser state comes to be
 * the next one                      gradients are freed; the step is recorded, then replayed
 * all others                        input and target are copied to where the recorded step reads them; replay
 * </pre>
 *
 * <pre>{@code
 * try (var sgd = new SGD(model.parameters(), SGD.options(0.1).momentum(0.9).fused(true));
 *         var step = new GraphedStep(model, sgd, Objective.of(CrossEntropy::crossEntropy), GraphedStep.options().precision(Precision.BF16))) {
 *     for (…) loss = step.run(images, labels).loss();
 * }
 * }</pre>
 *
 * <p>Every run trains, the first ones too. Learning rates may change between runs; masks of dropout are new in each and are those that the eager step would have drawn.
 * All else that Java decides is decided when the step is recorded: branches, hooks, {@code train()} or {@code eval()}, what a mask source draws on the CPU, all options but the
 * learning rate. The step must not wait for the device. Where there is no CUDA, or the model is not on it, every run is eager, which is said once.
 *
 * <p>Owns the recording with the memory it works in, until closed; model, optimiser and scaler stay the caller's, and must not be moved or closed, nor the optimiser's or
 * scaler's state be loaded, before {@link #forget}. One platform thread's. The recorded way has not been run on a GPU yet.
 */
public final class GraphedStep implements AutoCloseable {
    /**
     * Each method returns changed options.
     *
     * @param format of inputs [N, C, H, W]; null leaves them as they are
     * @param scaler for float16; its decisions are made on the device
     * @param warmUp how many runs are eager before the step is recorded, at least one
     * @param generators besides the device's default one, those that the step draws from
     * @param beforeStep between the backward pass and the optimiser's step, on gradients that are not scaled: clipping, without waiting
     */
    public record Options(Precision precision, @Nullable MemoryFormat format, @Nullable GradScaler scaler, int warmUp, List<Generator> generators, @Nullable Runnable beforeStep) {
        public Options {
            if (warmUp < 1) throw new IllegalArgumentException("at least one step is eager before one is recorded: the optimiser's state is made in it");
            generators = List.copyOf(generators);
        }

        public Options precision(Precision value) { return new Options(value, format, scaler, warmUp, generators, beforeStep); }
        public Options format(MemoryFormat value) { return new Options(precision, value, scaler, warmUp, generators, beforeStep); }
        public Options scaler(GradScaler value) { return new Options(precision, format, value, warmUp, generators, beforeStep); }
        public Options warmUp(int runs) { return new Options(precision, format, scaler, runs, generators, beforeStep); }
        public Options generators(Generator... values) { return new Options(precision, format, scaler, warmUp, List.of(values), beforeStep); }
        public Options beforeStep(Runnable action) { return new Options(precision, format, scaler, warmUp, generators, action); }
    }

    /** Three eager runs in float32, as {@code torch.cuda.make_graphed_callables} has. */
    public static Options options() { return new Options(Precision.FP32, null, null, 3, List.of(), null); }

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

    /** @throws IllegalArgumentException if the optimiser's step cannot be recorded: it must be fused, with all its state on the device */
    public GraphedStep(Module model, Optimizer optimizer, Objective objective, Options options) { this(model, optimizer, objective, options, recorder(device(model))); }

    /** @param recorder null for eager runs only */
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
        if (parameters.isEmpty()) throw new IllegalArgumentException("a model without parameters is not trained");
        return parameters.getFirst().device();
    }

    private static @Nullable Recorder recorder(Device device) {
        if (device.type() == Device.Type.CUDA && CudaGraph.isAvailable()) return Recorder.GRAPHS;
        if (SAID.compareAndSet(false, true)) Log.warn(GraphedStep.class, "A step of a model on " + device + " cannot be recorded as a CUDA graph here: it is run eagerly.");
        return null;
    }

    /**
     * One step of training.
     *
     * @param input of the first run's shape and type, as {@code target}, which is null where the objective needs none; on any device, best in pinned memory
     * @return loss and output, this object's: the next run overwrites or frees them
     * @throws IllegalArgumentException for another shape or type than the first run's: a smaller last batch is left out, or trained by a step of its own
     * @throws IllegalStateException if an option of the optimiser other than the learning rate has changed
     */
    public Objective.Result run(Tensor input, @Nullable Tensor target) {
        if (closed) throw new IllegalStateException("this step is closed");
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

    /** The tensor that the step reads, with the elements of {@code given}. */
    private @Nullable Tensor placed(String name, @Nullable Tensor read, @Nullable Tensor given, boolean formed) {
        if (eager == 0 && read == null) return given == null ? null : own(given, formed);
        if ((read == null) != (given == null) || read != null && !(read.dtype() == given.dtype() && Arrays.equals(read.shape(), given.shape()))) throw new IllegalArgumentException("the " + name + " of this step was "
                + (read == null ? "nothing" : read.describe()) + " and is now " + (given == null ? "nothing" : given.describe()) + ": a step that is recorded has one shape");
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

    /** As PyTorch warms up: not on the stream whose order the rest of the program relies on, and in step with it. */
    private void onSide(Runnable work) {
        Stream current = Stream.current(placement.device());
        side.waitStream(current);
        try (var on = side.enter()) {
            work.run();
        }
        current.waitStream(side);
    }

    private Recorder.Recording record(Recorder recorder) {
        optimizer.zeroGrad(); // so that the recorded step makes gradients of its own, and accumulates nothing
        try {
            return recording = recorder.record(side, options.generators, this::step);
        } catch (RuntimeException | Error e) {
            forget(); // gradients in memory of a recording that is none
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

    /** Whether runs are replays. */
    public boolean isRecorded() { return recording != null; }

    /** Frees the recording and the gradients; the next run is recorded anew, as after the optimiser's state was loaded or the model changed. */
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
