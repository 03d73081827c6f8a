package panatorch.train;

import java.util.Map;

/**
 * Code that {@link Trainer} calls at the events of its loop. Every method does nothing by default. The trainer calls its callbacks in the
 * order in which they were given to it, on its own thread.
 */
public interface Callback {
    /** Called before the first batch, also in a resumed run. */
    default void fitStart(Trainer trainer) {}

    default void epochStart(Trainer trainer) {}

    default void batchStart(Trainer trainer) {}

    /**
     * Called before the optimiser steps. Gradients of all batches of the step are complete, unscaled and in full precision, ready to be
     * clipped or read.
     */
    default void beforeStep(Trainer trainer) {}

    /** Called after the optimiser has stepped and the gradients are freed. */
    default void afterStep(Trainer trainer) {}

    default void batchEnd(Trainer trainer) {}

    default void evaluationStart(Trainer trainer) {}

    /**
     * Called after each batch of an evaluation.
     *
     * @param so averages so far; read them rarely, because a read waits for the device
     */
    default void evaluationBatch(Trainer trainer, Averages so) {}

    /** Called after the training and evaluation of an epoch, which is then the last entry of {@link Trainer#history}. */
    default void epochEnd(Trainer trainer) {}

    /**
     * Called after each step, epoch and fit, when {@link Trainer#save} may be called. Training resumes exactly from what it writes now.
     */
    default void safePoint(Trainer trainer) {}

    /** Called when training has finished or was {@linkplain Trainer#stop stopped}. */
    default void fitEnd(Trainer trainer) {}

    /** Called instead of {@link #fitEnd} after an exception, which is then rethrown. Closes files and the like. */
    default void fitFailed(Trainer trainer) {}

    /**
     * Returns whether only rank 0 of a distributed training calls this callback, because it prints or writes files. It must not call
     * collectives then, nor decide anything. False by default.
     */
    default boolean onRank0Only() { return false; }

    /** Returns the callback's key in a checkpoint. */
    default String name() { return getClass().getSimpleName(); }

    /** Returns the state that a resumed run needs, as tensors and plain values; empty by default. */
    default Map<String, ?> stateDict() {
        return Map.of();
    }

    /** Restores a state of {@link #stateDict}. Its tensors are closed with the current scope. */
    default void loadStateDict(Map<String, ?> state) {}
}
