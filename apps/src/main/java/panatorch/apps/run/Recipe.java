package panatorch.apps.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.apps.measures.Metrics;
import panatorch.models.Classifier;
import panatorch.optim.Optimizer;
import panatorch.train.Callback;
import panatorch.train.Objective;

/**
 * The model that a run trains, and its objective: the part in which {@code train} and {@code distill} differ. Owns the model and the
 * optimiser's state. For one thread.
 */
public interface Recipe extends AutoCloseable {
    /** Describes the run for its first lines. */
    String describe();

    Classifier model();

    Optimizer optimizer();

    Objective objective();

    /** Returns the callbacks that come before those of every run. */
    List<Callback> callbacks();

    /** Returns the probability of the dropout in front of the head, which is no part of the weights. */
    double pBeforeHead();

    /** Suggests what to lower when the loss becomes NaN, as the end of a sentence: the learning rate, for example. */
    String divergenceAdvice();

    /** Returns the loss of random guessing, or NaN if it is unknown. */
    default double baselineLoss() { return Double.NaN; }

    /** Returns the student's loss of the current epoch beyond its lower bound, or null if that is unknown. */
    default @Nullable Double excess() {
        return null;
    }

    /**
     * Returns the student's loss of a finished epoch beyond its lower bound, or null if that is unknown.
     *
     * @param epoch index of the epoch, from 0
     */
    default @Nullable Double excess(int epoch) { return null; }

    /** Removes from the trained model what is no weight. */
    default void finish() {}

    /** Returns whether the trained model is compared with others. */
    default boolean compares() { return false; }

    /**
     * Scores the models that the trained one is compared with, by name.
     *
     * @param interruption called between two batches; throws to end
     */
    default Map<String, Metrics.Score> baselines(Runnable interruption) { return Map.of(); }

    @Override void close();
}
