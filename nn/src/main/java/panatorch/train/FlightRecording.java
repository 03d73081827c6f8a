package panatorch.train;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * Records steps, epochs and evaluations as events of Java's flight recorder, with their durations: {@code panatorch.TrainingStep},
 * {@code panatorch.Epoch} and {@code panatorch.Evaluation}. On a GPU the duration of a step is the time it takes to submit its work.
 */
public final class FlightRecording implements Callback {
    @Name("panatorch.TrainingStep")
    @Label("Training Step")
    @Category("PanaTorch")
    @Description("From a batch's forward pass to the optimiser's step; if gradients are accumulated, of the last batch only")
    @StackTrace(false)
    static final class Step extends Event {
        @Label("Epoch")
        long epoch;
        @Label("Step")
        long step;
    }

    @Name("panatorch.Epoch")
    @Label("Epoch")
    @Category("PanaTorch")
    @StackTrace(false)
    static final class Epoch extends Event {
        @Label("Epoch")
        long epoch;
        @Label("Steps")
        long steps;
        @Label("Training Loss")
        double trainLoss;
        @Label("Test Loss")
        double testLoss;
    }

    @Name("panatorch.Evaluation")
    @Label("Evaluation")
    @Category("PanaTorch")
    @StackTrace(false)
    static final class Evaluated extends Event {
        @Label("Epoch")
        long epoch;
    }

    private Step step = new Step();
    private Epoch epoch = new Epoch();
    private @Nullable Evaluated evaluated;

    @Override public void epochStart(Trainer trainer) {
        epoch = new Epoch();
        epoch.begin();
    }

    @Override public void batchStart(Trainer trainer) {
        step = new Step();
        step.begin();
    }

    @Override public void afterStep(Trainer trainer) {
        step.epoch = trainer.epoch();
        step.step = trainer.steps();
        step.commit();
    }

    @Override public void evaluationStart(Trainer trainer) {
        evaluated = new Evaluated();
        evaluated.begin();
    }

    @Override public void epochEnd(Trainer trainer) {
        Trainer.EpochSummary last = trainer.history().getLast();
        if (evaluated != null) {
            evaluated.epoch = last.epoch();
            evaluated.commit();
            evaluated = null;
        }
        epoch.epoch = last.epoch();
        epoch.steps = last.steps();
        epoch.trainLoss = last.train().getOrDefault("loss", Double.NaN);
        epoch.testLoss = last.test().getOrDefault("loss", Double.NaN);
        epoch.commit();
    }
}
