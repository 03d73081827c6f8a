package panatorch.apps.reproduce;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/**
 * Keeps what a running trial has done so far, so that it can go on after the process was stopped, and tells how far it is.
 *
 * @param folder folder of the unfinished work of all trials
 * @param name name of the trial, which is part of its files' names
 * @param seed seed of the trial
 * @param progress takes the part of the trial that is done
 */
record Work(Path folder, String name, long seed, Progress progress) {
    @FunctionalInterface
    interface Progress {
        /**
         * Called after each epoch of a trial's trainings.
         *
         * @param epoch number of the epoch that has ended, or 0 for a training that begins
         * @param epochs number of epochs of that training
         */
        void at(long epoch, long epochs);
    }

    /** Returns a file of this trial's own. */
    Path own(String suffix) { return folder.resolve(name + ".seed-" + seed + suffix); }

    /** Returns a file that all trials of this seed share. */
    Path shared(String what, String suffix) {
        return folder.resolve("shared." + what + ".seed-" + seed + suffix);
    }

    /**
     * Trains for {@code epochs} epochs, from the checkpoint if there is one. {@link #checkpointing} has to be among the trainer's
     * callbacks.
     *
     * @param fit calls {@code trainer.fit}
     */
    void train(Trainer trainer, Path checkpoint, long epochs, Runnable fit) {
        try {
            Files.createDirectories(folder);
            if (Files.exists(checkpoint)) trainer.load(checkpoint);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot go on from " + checkpoint + ": " + e.getMessage(), e);
        }
        progress.at(trainer.history().size(), epochs);
        fit.run();
    }

    /** Returns a callback that writes the checkpoint after each epoch. */
    Callback checkpointing(Path checkpoint, long epochs) {
        return new Callback() {
            @Override public void safePoint(Trainer trainer) {
                if (trainer.batch() != 0) return;
                try {
                    trainer.save(checkpoint);
                } catch (IOException e) {
                    throw new UncheckedIOException("cannot write " + checkpoint + ": " + e.getMessage(), e);
                }
                progress.at(trainer.history().size(), epochs);
            }

            @Override public String name() { return "checkpointing"; }
        };
    }
}
