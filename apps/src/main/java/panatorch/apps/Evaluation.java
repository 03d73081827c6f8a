package panatorch.apps;

import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.amp.Precision;
import panatorch.datasets.Batch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Transform;
import panatorch.models.Classifier;
import panatorch.train.Trainer;

/** Loss and accuracy of a model over a test set. */
final class Evaluation {
    private Evaluation() {}

    /** One size for all, because libtorch may round differently for another one: {@code evaluate} repeats what {@code train} measured. */
    static final int BATCH_SIZE = 250;

    /** Convolutions of small images are a fifth faster in this order on a CPU, and so they are on a GPU with tensor cores. */
    static final MemoryFormat FORMAT = MemoryFormat.CHANNELS_LAST;

    static DataLoader loader(Dataset test, Transform normalize, int batchSize) { return DataLoader.of(test, batchSize).transform(normalize).build(); }

    static Tally run(Classifier model, DataLoader test, Precision precision, Device device, Progress progress, Interruption interruption) {
        var tally = new Tally();
        try (var epoch = test.epoch(0)) {
            for (Batch batch : epoch) {
                try (batch; var scope = Scope.open()) {
                    tally.add(Trainer.evaluate(model, precision, device, batch.images().contiguous(FORMAT), batch.labels()));
                }
                progress.tested(tally);
                interruption.check();
            }
        }
        if (!Double.isFinite(tally.loss())) throw new RunFailure("the loss on the test images is " + tally.loss() + ": the model's numbers have overflowed");
        return tally;
    }
}
