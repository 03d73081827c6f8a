package panatorch.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.amp.GradScaler;
import panatorch.amp.Precision;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.nn.Module;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.Optimizer;

/** Options of a {@link Trainer}, started by {@link Trainer#of}. Each method returns this builder. */
public final class TrainerBuilder {
    /** The ranks that train together, and how. */
    record Distribution(ProcessGroup group, DataParallel.Options options, Uneven uneven, @Nullable FullyShardedDataParallel sharded) {}

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
    @Nullable
    Distribution distribution;
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

    /**
     * Trains on all ranks of a group, with the usual options of {@link DataParallel} and the same number of batches on each rank; see
     * {@link #distributed(ProcessGroup, DataParallel.Options, Uneven)}.
     */
    public TrainerBuilder distributed(ProcessGroup group) {
        return distributed(group, DataParallel.Options.standard(), Uneven.ERROR);
    }

    /**
     * Trains one model on all ranks of a group in data parallel. Each rank builds an equal trainer and calls the same methods, with batches
     * of its own:
     *
     * <pre>{@code
     * var train = DataLoader.of(set, 64 / group.ranks()).shuffle().seed(1).rank(group.rank(), group.ranks()).build();
     * var test = DataLoader.of(testSet, 250).rank(group.rank(), group.ranks(), false).build();
     * try (var trainer = Trainer.of(model, optimizer, objective).distributed(group).callbacks(new Checkpointing(folder)).build()) {
     *     trainer.fit(train, test, 10);
     * }
     * }</pre>
     *
     * <ul>
     * <li>All ranks get the model of rank 0 when the trainer is built, and average their gradients in each step.
     * <li>The means of an epoch and of an evaluation are those of all ranks' rows. Within an epoch, {@link Trainer#trained} has this rank's
     * own. An evaluation uses the buffers of rank 0.
     * <li>{@link Trainer#stop} on one rank stops all ranks at the same step, with its reason.
     * <li>Callbacks that are {@link Callback#onRank0Only} are called on rank 0 only: those that print or write files. Of the others, those
     * that decide must decide the same on all ranks.
     * <li>All ranks call {@link Trainer#save}, as {@link Checkpointing} does, and rank 0 writes the file. All ranks read it to resume. With
     * as many ranks as before a resumed fit continues bit-exactly. With another number it needs the same number of batches in an epoch, so
     * that a batch of all ranks together stays the same; ranks that are new are seeded by their number and the step.
     * <li>The default generator of each other rank is seeded by its number, when a fit begins, so that ranks draw different dropout masks.
     * </ul>
     *
     * @param group the group, which the caller closes after the trainer; it must not have ranks in Python
     * @param options settings of the exchange of gradients
     * @param uneven what to do if the ranks have different numbers of batches
     */
    public TrainerBuilder distributed(ProcessGroup group, DataParallel.Options options, Uneven uneven) {
        distribution = new Distribution(group, options, uneven, null);
        return this;
    }

    /**
     * Trains a model whose parameters are divided among the ranks, as {@link #distributed(ProcessGroup)} trains a whole one otherwise.
     *
     * <ul>
     * <li>The optimiser's state dict becomes that of whole parameters, by {@link FullyShardedDataParallel#attach}, so that checkpoints are
     * those of one process. {@link FullyShardedDataParallel#save} in a callback writes them by all ranks.
     * <li>All ranks need the same number of batches in an evaluation, too, since each forward pass gathers parameters.
     * <li>{@link ClipGradients#norm} takes the norm of all ranks' gradients.
     * <li>With {@link #accumulate}, the gradients of each batch are reduced, so that no rank keeps whole ones.
     * </ul>
     *
     * @param sharded the model's division, which the caller closes after the trainer; the model must be this trainer's
     * @param uneven what to do if the ranks have different numbers of batches
     */
    public TrainerBuilder distributed(FullyShardedDataParallel sharded, Uneven uneven) {
        distribution = new Distribution(sharded.group(), DataParallel.Options.standard(), uneven, sharded);
        return this;
    }

    /**
     * Builds the trainer. A distributed one is built on all ranks at once.
     *
     * @throws panatorch.distributed.DistributedException if a rank is missing
     * @throws IllegalArgumentException if the parameters are divided, and the divided model is another, or there is a {@link GradScaler}, a
     * memory format or a device
     */
    public Trainer build() { return new Trainer(this); }
}
