package panatorch.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.amp.GradScaler;
import panatorch.amp.Precision;
import panatorch.nn.Module;
import panatorch.optim.Optimizer;

/** Options of a {@link Trainer}, started by {@link Trainer#of}. Each method returns this builder. */
public final class TrainerBuilder {
    final Module model;
    final Optimizer optimizer;
    final Objective objective;
    @Nullable
    Objective evaluationObjective;
    @Nullable
    Device device;
    Precision precision = Precision.FP32;
    @Nullable
    MemoryFormat format;
    @Nullable
    GradScaler scaler;
    int accumulate = 1;
    final List<Metric> metrics = new ArrayList<>();
    final List<Callback> callbacks = new ArrayList<>();

    TrainerBuilder(Module model, Optimizer optimizer, Objective objective) {
        this.model = model;
        this.optimizer = optimizer;
        this.objective = objective;
    }

    /** Sets the device of model and batches. By default, batches go to the model's device. */
    public TrainerBuilder device(Device device) {
        this.device = device;
        return this;
    }

    /** Sets the precision of forward passes; float32 by default. float16 gets a {@link GradScaler} unless one is given. */
    public TrainerBuilder precision(Precision precision) {
        this.precision = precision;
        return this;
    }

    public TrainerBuilder scaler(GradScaler scaler) {
        this.scaler = scaler;
        return this;
    }

    /** Sets the memory format of the model's and the inputs' four-dimensional tensors. */
    public TrainerBuilder memoryFormat(MemoryFormat format) {
        this.format = format;
        return this;
    }

    /** Sets the number of batches whose mean gradient makes one step; 1 by default. */
    public TrainerBuilder accumulate(int batches) {
        if (batches < 1) throw new IllegalArgumentException("a step needs at least 1 batch, not " + batches);
        accumulate = batches;
        return this;
    }

    /** Sets another objective for evaluation than for training. */
    public TrainerBuilder evaluateBy(Objective objective) {
        evaluationObjective = objective;
        return this;
    }

    public TrainerBuilder metrics(Metric... metrics) {
        this.metrics.addAll(Arrays.asList(metrics));
        return this;
    }

    /** Sets callbacks and training methods, in the order in which they are called. */
    public TrainerBuilder callbacks(Callback... callbacks) {
        this.callbacks.addAll(Arrays.asList(callbacks));
        return this;
    }

    public Trainer build() { return new Trainer(this); }
}
