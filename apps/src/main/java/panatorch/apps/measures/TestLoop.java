package panatorch.apps.measures;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.apps.console.RunFailure;
import panatorch.apps.options.DamagedName;
import panatorch.apps.options.ModelName;
import panatorch.data.Batches;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Transform;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.train.Evaluation;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Placement;

/** Computes loss and accuracy of a model over a test set, with the trainer's evaluation loop. */
public final class TestLoop {
    private TestLoop() {}

    /**
     * Batch size of all tests. libtorch may round differently for another one, and {@code evaluate} repeats what {@code train} measured.
     */
    public static final int BATCH_SIZE = 250;

    public static final Objective OBJECTIVE = Objective.of(CrossEntropy::crossEntropy);

    public static Tensor channelsLast(Tensor input) { return input.dim() == 4 ? input.contiguous(ModelName.FORMAT) : input; }

    public static DataLoader loader(Dataset test, Transform normalize, int batchSize, DamagedName damaged) {
        return builder(test, normalize, batchSize, damaged).build();
    }

    public static DataLoader.Builder builder(Dataset test, Transform normalize, int batchSize, DamagedName damaged) {
        return damaged.on(DataLoader.of(test, batchSize).transform(normalize));
    }

    /**
     * Evaluates the model.
     *
     * @param objective {@link #OBJECTIVE}, or one that wraps it
     * @param interruption called after each batch; throws to end the test
     */
    static RunningScore run(Module model, Batches test, Objective objective, Precision precision, Device device, Progress progress,
            Runnable interruption) {
        var evaluation = new Evaluation(objective, List.of(Metric.ACCURACY), new Placement(device, precision, ModelName.FORMAT));
        var count = new AtomicLong();
        Map<String, Double> means = evaluation.of(model, test, so -> {
            count.set(so.count());
            progress.tested(RunningScore.of(so));
            interruption.run();
        });
        RunningScore score = RunningScore.of(means, count.get());
        if (!Double.isFinite(score.loss()))
            throw new RunFailure("the loss on the test images is " + score.loss() + ": the model's numbers have overflowed");
        return score;
    }
}
