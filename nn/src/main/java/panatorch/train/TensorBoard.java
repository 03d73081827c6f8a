package panatorch.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Writes event files that TensorBoard shows, by optimiser step: {@code learning_rate} and {@code step/loss}, the mean so far of the epoch, every
 * number of steps; {@code train/…} and {@code test/…} after each epoch, and, if asked for, histograms of all parameters.
 *
 * <p>A resumed run writes a file of its own, which hides what the earlier one has after the step that was resumed. The file is open during a fit.
 */
public final class TensorBoard implements Callback {
    private final Path folder;
    private final long everySteps;
    private final boolean histograms;
    private @Nullable EventFile file;

    /** Every 50 steps, without histograms. @param folder made if it is missing */
    public TensorBoard(Path folder) { this(folder, 50, false); }

    /** @param everySteps between two readings within an epoch, each of which waits for the device; @param histograms of the parameters, after each epoch */
    public TensorBoard(Path folder, long everySteps, boolean histograms) {
        if (everySteps < 1) throw new IllegalArgumentException("a reading comes after at least one step, not " + everySteps);
        this.folder = folder;
        this.everySteps = everySteps;
        this.histograms = histograms;
    }

    @Override public void fitStart(Trainer trainer) {
        try {
            file = trainer.steps() == 0 ? EventFile.create(folder) : EventFile.resume(folder, trainer.steps() + 1);
        } catch (IOException e) {
            throw new UncheckedIOException("event files cannot be written to " + folder, e);
        }
    }

    @Override public void safePoint(Trainer trainer) {
        EventFile f = file;
        if (f == null || trainer.batch() == 0 || trainer.steps() % everySteps != 0) return;
        f.scalar("learning_rate", trainer.steps(), trainer.optimizer().learningRate());
        f.scalar("step/loss", trainer.steps(), trainer.trained().mean("loss"));
    }

    @Override public void epochEnd(Trainer trainer) {
        EventFile f = file;
        if (f == null) return;
        Trainer.EpochSummary last = trainer.history().getLast();
        write(f, "train/", last.steps(), last.train());
        write(f, "test/", last.steps(), last.test());
        if (!histograms) return;
        for (Map.Entry<String, Tensor> p : trainer.model().namedParameters().entrySet()) f.histogram(p.getKey(), last.steps(), p.getValue());
    }

    private static void write(EventFile f, String prefix, long step, Map<String, Double> means) { means.forEach((name, mean) -> f.scalar(prefix + name, step, mean)); }

    @Override public void fitEnd(Trainer trainer) { close(); }

    @Override public void fitFailed(Trainer trainer) { close(); }

    private void close() {
        if (file != null) file.close();
        file = null;
    }
}
