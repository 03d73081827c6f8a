package panatorch.train;

import java.util.Map;

/**
 * What is done beside training, at the events that {@link Trainer} tells; none by default. Callbacks are called in the order they were given
 * to the trainer, on its thread.
 */
public interface Callback {
    /** Before the first batch, in a resumed run too. */
    default void fitStart(Trainer trainer) {}

    default void epochStart(Trainer trainer) {}

    default void batchStart(Trainer trainer) {}

    /** Gradients of all the step's batches are there, unscaled and in full precision: clip them, look at them. */
    default void beforeStep(Trainer trainer) {}

    /** After the optimiser has stepped, the gradients freed. */
    default void afterStep(Trainer trainer) {}

    default void batchEnd(Trainer trainer) {}

    default void evaluationStart(Trainer trainer) {}

    /** After each batch of an evaluation. @param so the averages so far, to be read now and then only, as reading waits for the device */
    default void evaluationBatch(Trainer trainer, Averages so) {}

    /** After training and evaluation of an epoch, which is the last of {@link Trainer#history}. */
    default void epochEnd(Trainer trainer) {}

    /** After each step, epoch and fit: what {@link Trainer#save} writes now is what training goes on from. */
    default void safePoint(Trainer trainer) {}

    /** Training is over or was {@linkplain Trainer#stop stopped}. */
    default void fitEnd(Trainer trainer) {}

    /** Instead of {@link #fitEnd} after an exception, which is thrown on: let go of files. */
    default void fitFailed(Trainer trainer) {}

    /** The callback's own place in a checkpoint. */
    default String name() { return getClass().getSimpleName(); }

    /** What it has to know to go on, as tensors and plain values; nothing by default. */
    default Map<String, ?> stateDict() { return Map.of(); }

    /** Goes on from {@link #stateDict}. Tensors end with the current scope. */
    default void loadStateDict(Map<String, ?> state) {}
}
