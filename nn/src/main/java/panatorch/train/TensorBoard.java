package panatorch.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Writes TensorBoard event files, by optimiser step. Every {@code everySteps} steps: {@code learning_rate} and {@code step/loss}, the
 * epoch's mean so far. After each epoch: {@code train/…}, {@code test/…} and, if requested, histograms of all parameters.
 *
 * <p>
 * A resumed run writes a file of its own, which hides the earlier file's entries after the resumed step. The file is open during a fit.
 */
public final class TensorBoard implements Callback {
    private final Path folder;
    private final long everySteps;
    private final boolean histograms;
    private @Nullable EventFile file;

    /**
     * Writes every 50 steps, without histograms.
     *
     * @param folder folder of the event files; created if it is missing
     */
    public TensorBoard(Path folder) { this(folder, 50, false); }

    /**
     * Writes every {@code everySteps} steps, and histograms if requested.
     *
     * @param folder folder of the event files; created if it is missing
     * @param everySteps steps between two readings within an epoch; each waits for the device
     * @param histograms whether to write histograms of the parameters after each epoch
     */
    public TensorBoard(Path folder, long everySteps, boolean histograms) {
        if (everySteps < 1) throw new IllegalArgumentException("everySteps has to be at least 1, not " + everySteps);
        this.folder = folder;
        this.everySteps = everySteps;
        this.histograms = histograms;
    }

    @Override public boolean onRank0Only() { return true; }

    @Override public void fitStart(Trainer trainer) {
        try {
            file = trainer.steps() == 0 ? EventFile.create(folder) : EventFile.resume(folder, trainer.steps() + 1);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write event files to " + folder, e);
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
        for (Map.Entry<String, Tensor> p : trainer.model().namedParameters().entrySet())
            f.histogram(p.getKey(), last.steps(), p.getValue());
    }

    private static void write(EventFile f, String prefix, long step, Map<String, Double> means) {
        means.forEach((name, mean) -> f.scalar(prefix + name, step, mean));
    }

    @Override public void fitEnd(Trainer trainer) { close(); }

    @Override public void fitFailed(Trainer trainer) { close(); }

    private void close() {
        if (file != null) file.close();
        file = null;
    }
}
