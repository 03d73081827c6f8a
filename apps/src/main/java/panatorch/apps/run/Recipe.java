package panatorch.apps.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.apps.measures.Metrics;
import panatorch.models.Classifier;
import panatorch.optim.Optimizer;
import panatorch.train.Callback;
import panatorch.train.Objective;

/** What a run trains, and by what rule: that in which {@code train} and {@code distill} differ. Owns the model and the optimiser's state; one thread's. */
public interface Recipe extends AutoCloseable {
    /** What is about to happen. */
    String describe();

    Classifier model();

    Optimizer optimizer();

    Objective objective();

    /** Callbacks that are called before those of every run. */
    List<Callback> callbacks();

    /** What is dropped in front of the head, which is no part of the weights. */
    double pBeforeHead();

    /** What may help where the loss is no number: a lower what? */
    String divergenceAdvice();

    /** The loss of one that has learnt nothing; NaN if that is not known. */
    default double baselineLoss() { return Double.NaN; }

    /** Of a student's loss so far in this epoch over what it cannot get below; null if that is not known. */
    default @Nullable Double excess() { return null; }

    /** Of an epoch that is over, from 0. */
    default @Nullable Double excess(int epoch) { return null; }

    /** Takes what is no weight out of the model, which is trained. */
    default void finish() {}

    /** Whether there is a network that the trained one is compared with. */
    default boolean compares() { return false; }

    /** Those that the trained one is compared with, by name. @param interruption called between two batches */
    default Map<String, Metrics.Score> baselines(Runnable interruption) { return Map.of(); }

    @Override void close();
}
