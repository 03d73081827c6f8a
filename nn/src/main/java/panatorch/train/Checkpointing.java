package panatorch.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.serialize.Safetensors;

/**
 * Files to go on from and to use, each there whole or not at all, whenever the process may end:
 * {@code last.ckpt} after each epoch and each fit, and every number of steps, for {@link Trainer#load}; {@code best.safetensors}, the weights of
 * the best epoch by a measure, as they were evaluated. Lower is better for {@code loss}, and for a metric what its {@link Metric#direction} says.
 * A fit whose trainer has no metric of that name fails at its start with an {@link IllegalArgumentException}.
 */
public final class Checkpointing implements Callback {
    public static final String LAST = "last.ckpt", BEST = "best.safetensors";

    private final Path folder;
    private final String measure;
    private final long everySteps;
    private final Map<String, String> metadata;
    private final Best best;
    private long savedStep = -1, savedEpoch = -1;

    /** After each epoch, the best by the loss. @param folder made if it is missing */
    public Checkpointing(Path folder) { this(folder, Metric.LOSS, 0, Map.of()); }

    /** @param everySteps between two epochs' ends; 0 for none; @param metadata of the weight file */
    public Checkpointing(Path folder, String measure, long everySteps, Map<String, String> metadata) {
        if (everySteps < 0) throw new IllegalArgumentException("not a number of steps: " + everySteps);
        this.folder = folder;
        this.measure = measure;
        this.everySteps = everySteps;
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata)); // in its order, so that equal runs write equal files
        best = new Best(measure);
    }

    /** The file to go on from, or null if there is none yet. */
    public @Nullable Path last() {
        Path file = folder.resolve(LAST);
        return Files.exists(file) ? file : null;
    }

    public Path best() { return folder.resolve(BEST); }

    /** From 1; 0 before the first. */
    public long bestEpoch() { return best.epoch(); }

    @Override public void fitStart(Trainer trainer) {
        trainer.direction(measure);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("the folder for checkpoints cannot be made: " + folder, e);
        }
    }

    @Override public void epochEnd(Trainer trainer) {
        if (!best.offer(trainer, 0)) return;
        write(() -> Safetensors.save(best(), trainer.evaluated().stateDict(), metadata));
    }

    @Override public void safePoint(Trainer trainer) {
        boolean epochOver = trainer.batch() == 0, due = everySteps > 0 && trainer.steps() % everySteps == 0;
        if (epochOver || due) save(trainer);
    }

    @Override public void fitEnd(Trainer trainer) { save(trainer); }

    private void save(Trainer trainer) {
        if (trainer.steps() == savedStep && trainer.history().size() == savedEpoch) return;
        write(() -> trainer.save(folder.resolve(LAST)));
        savedStep = trainer.steps();
        savedEpoch = trainer.history().size();
    }

    @FunctionalInterface
    private interface Write {
        void run() throws IOException;
    }

    private void write(Write write) {
        try {
            write.run();
        } catch (IOException e) {
            throw new UncheckedIOException("a checkpoint cannot be written to " + folder + ": " + e.getMessage(), e);
        }
    }

    @Override public Map<String, ?> stateDict() { return best.stateDict(); }

    @Override public void loadStateDict(Map<String, ?> state) { best.loadStateDict(state); }
}
