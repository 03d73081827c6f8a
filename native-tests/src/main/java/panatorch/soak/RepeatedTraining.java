package panatorch.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import panatorch.datasets.Synthetic;
import panatorch.train.Checkpointing;

/** Repeats the small training, an epoch at a time. Everything is closed after an epoch, and the next one resumes from the checkpoint. */
final class RepeatedTraining implements AutoCloseable {
    private static final long EPOCHS = 8;

    private final Path folder;
    private final Synthetic images = SmallTraining.images();
    private final AtomicLong epochs = new AtomicLong();
    private long steps;
    private byte[] firstWeights = {};

    RepeatedTraining(Path folder) { this.folder = folder; }

    /** The number of epochs of all runs; other threads read it. */
    long epochs() { return epochs.get(); }

    /**
     * Trains one epoch.
     *
     * @throws IllegalStateException if it does not resume where the last one ended, or a run ends with other weights than the first
     */
    void epoch() throws IOException {
        long number = epochs.get() % EPOCHS + 1, before = steps;
        var summary = SmallTraining.run(folder, images, number, step -> {
            if (step != before) throw new IllegalStateException("The training goes on from step " + step + " instead of " + before + ".");
        });
        steps = summary.steps();
        epochs.incrementAndGet();
        if (number == EPOCHS) runEnded();
    }

    private void runEnded() throws IOException {
        byte[] weights = Files.readAllBytes(folder.resolve(SmallTraining.WEIGHTS));
        if (firstWeights.length == 0) firstWeights = weights;
        else
            if (!Arrays.equals(weights, firstWeights))
                throw new IllegalStateException(
                        "Run " + epochs.get() / EPOCHS + " of the training ends with other weights than the first.");
        Files.delete(folder.resolve(Checkpointing.LAST));
        steps = 0;
    }

    @Override public void close() { images.close(); }
}
