package panatorch.apps;

import java.util.List;
import java.util.Map;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Transform;
import panatorch.models.Classifier;
import panatorch.nn.functional.CrossEntropy;
import panatorch.train.Evaluation;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Placement;

/** Loss and accuracy of a model over a test set. */
final class Testing {
    private Testing() {}

    /** One size for all, because libtorch may round differently for another one: {@code evaluate} repeats what {@code train} measured. */
    static final int BATCH_SIZE = 250;

    /** Convolutions of small images are a fifth faster in this order on a CPU, and so they are on a GPU with tensor cores. */
    static final MemoryFormat FORMAT = MemoryFormat.CHANNELS_LAST;

    static final Objective OBJECTIVE = Objective.of(CrossEntropy::crossEntropy);

    static Tensor formed(Tensor input) { return input.dim() == 4 ? input.contiguous(FORMAT) : input; }

    static Batches batches(Dataset test, Transform normalize, int batchSize) { return DataLoader.of(test, batchSize).transform(normalize).build(); }

    /** By the loop that the trainer tests with. @param objective {@link #OBJECTIVE}, or one around it */
    static Tally run(Classifier model, Batches test, int images, Objective objective, Precision precision, Device device, Progress progress, Runnable interruption) {
        var evaluation = new Evaluation(objective, List.of(Metric.ACCURACY), new Placement(device, precision, FORMAT));
        Map<String, Double> means = evaluation.of(model, test, so -> {
            progress.tested(Tally.of(so));
            interruption.run();
        });
        Tally tally = Tally.of(means, images);
        if (!Double.isFinite(tally.loss())) throw new RunFailure("the loss on the test images is " + tally.loss() + ": the model's numbers have overflowed");
        return tally;
    }
}
