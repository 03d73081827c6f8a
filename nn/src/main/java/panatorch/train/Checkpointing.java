package panatorch.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.serialize.Safetensors;
import panatorch.serialize.Saving;

/**
 * Writes checkpoints and the best weights, each file atomically, whenever the process may end. {@code last.ckpt} is written after each
 * epoch and each fit, and every {@code everySteps} steps, for {@link Trainer#load}. {@code best.safetensors} holds the weights of the best
 * epoch by a measure, as they were evaluated. Lower is better for {@code loss}, and for a metric its {@link Metric#direction} decides. A
 * fit whose trainer has no metric of that name fails at its start with an {@link IllegalArgumentException}.
 *
 * <p>
 * In a distributed training all ranks have this callback, and rank 0 writes the files.
 */
public final class Checkpointing implements Callback {
    public static final String LAST = "last.ckpt", BEST = "best.safetensors";

    private final Path folder;
    private final String measure;
    private final long everySteps;
    private final Map<String, String> metadata;
    private final Best best;
    private long savedStep = -1, savedEpoch = -1;
    private boolean inBackground;
    private @Nullable Saving saving;

    /**
     * Writes a checkpoint after each epoch, and the best weights by the loss.
     *
     * @param folder folder of the files; created if it is missing
     */
    public Checkpointing(Path folder) { this(folder, Metric.LOSS, 0, Map.of()); }

    /**
     * Writes checkpoints after each epoch and every {@code everySteps} steps, and the best weights by a measure.
     *
     * @param folder folder of the files; created if it is missing
     * @param measure {@code loss} or a metric's name, of the test if there is one
     * @param everySteps steps between two checkpoints within an epoch; 0 for none
     * @param metadata texts to store in the weight file
     */
    public Checkpointing(Path folder, String measure, long everySteps, Map<String, String> metadata) {
        if (everySteps < 0) throw new IllegalArgumentException("everySteps has to be at least 0, not " + everySteps);
        this.folder = folder;
        this.measure = measure;
        this.everySteps = everySteps;
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata)); // in its order, so that equal runs write equal files
        best = new Best(measure);
    }

    /**
     * Writes the checkpoints of later fits in the background: training waits only while its tensors are copied, which takes as much memory
     * again until they are written. The end of a fit waits for its last checkpoint. If one cannot be written, the next save or the end of
     * the fit fails.
     *
     * @return this callback
     */
    public Checkpointing inBackground() {
        inBackground = true;
        return this;
    }

    /** Returns the checkpoint to resume from, or null if there is none yet. */
    public @Nullable Path last() {
        Path file = folder.resolve(LAST);
        return Files.exists(file) ? file : null;
    }

    public Path best() { return folder.resolve(BEST); }

    /** Returns the number of the best epoch, from 1; 0 before the first. */
    public long bestEpoch() { return best.epoch(); }

    @Override public void fitStart(Trainer trainer) {
        trainer.direction(measure);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create the checkpoint folder " + folder, e);
        }
    }

    @Override public void epochEnd(Trainer trainer) {
        if (!best.offer(trainer, 0) || trainer.rank() > 0 && !trainer.world.dividesModel()) return;
        try (var scope = Scope.open()) {
            Map<String, Tensor> state = trainer.evaluated().stateDict();
            if (trainer.rank() == 0) write(() -> Safetensors.save(best(), state, metadata));
        }
    }

    @Override public void safePoint(Trainer trainer) {
        boolean epochOver = trainer.batch() == 0, due = everySteps > 0 && trainer.steps() % everySteps == 0;
        if (epochOver || due) save(trainer);
    }

    @Override public void fitEnd(Trainer trainer) {
        save(trainer);
        if (saving != null) write(saving::join);
    }

    private void save(Trainer trainer) {
        if (trainer.steps() == savedStep && trainer.history().size() == savedEpoch) return;
        Path file = folder.resolve(LAST);
        write(() -> {
            if (inBackground && trainer.rank() == 0) saving = trainer.saveAsync(file);
            else trainer.save(file);
        });
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
            throw new UncheckedIOException("cannot write a checkpoint to " + folder + ": " + e.getMessage(), e);
        }
    }

    @Override public Map<String, ?> stateDict() { return best.stateDict(); }

    @Override public void loadStateDict(Map<String, ?> state) { best.loadStateDict(state); }
}
