package panatorch.train;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.optim.ClipGrad;

/** The processes that train together, from the view of one of them. The default methods are those of a process that trains alone. */
interface World extends AutoCloseable {
    /** A process that trains alone. */
    World ALONE = new World() {};

    /** Returns the number of this process, from 0. */
    default int rank() { return 0; }

    /** Returns the number of processes. */
    default int ranks() { return 1; }

    /**
     * Begins a fit.
     *
     * @param batches number of this process's batches in an epoch
     * @param epochs number of the last epoch
     * @return the number of batches that all processes take in an epoch
     */
    default int begin(Trainer trainer, int batches, long epochs) { return batches; }

    /**
     * Begins the forward pass of a batch.
     *
     * @param last whether its backward pass completes the gradients of a step
     */
    default void beforeForward(boolean last) {}

    default void backward(Tensor loss) { loss.backward(); }

    /** Scales the gradients down to a Euclidean norm of at most {@code max}. */
    default void clipNorm(List<Tensor> parameters, double max) {
        ClipGrad.norm_(parameters, max);
    }

    /** Returns whether the model's state dict is a collective, which all processes call. */
    default boolean dividesModel() { return false; }

    /** Returns the reason why one of the processes wants to stop, or null. Each process passes its own reason, or null. */
    default @Nullable String agreed(@Nullable String stopReason) {
        return stopReason;
    }

    /** Adds the sums of all processes to those of this one. */
    default void reduce(Averages averages) {}

    /** Makes the buffers of a module the same in all processes, so that they evaluate the same model. */
    default void syncBuffers(Module module) {}

    /** Returns the named tensors of each process. Those of others belong to the current scope. */
    default List<Map<String, Tensor>> allGather(Map<String, Tensor> own) {
        return List.of(own);
    }

    /** Makes the random numbers of this process differ from those of process 0, depending on the number of steps so far. */
    default void seed(long steps) {}

    @Override default void close() {}
}
