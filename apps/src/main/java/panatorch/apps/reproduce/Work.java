package panatorch.apps.reproduce;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;
import panatorch.serialize.Safetensors;
import panatorch.serialize.Weights;
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
     * A network that trials of one seed share.
     *
     * @param module the trained network, which the caller closes
     * @param facts what its training told of itself
     */
    record Kept(Module module, Map<String, String> facts) {}

    @FunctionalInterface
    interface Training {
        /** Trains a network, with a checkpoint in the given file, and returns facts to be kept with it. */
        Map<String, String> train(Module network, Path checkpoint);
    }

    /**
     * Returns a network that was trained, now or by an earlier trial of this seed.
     *
     * @param name name of the network within its seed
     * @param own seed of the initial weights
     * @param network creates the untrained network
     */
    Kept network(String name, long own, Supplier<Module> network, Device device, Training training) {
        Path file = shared(name, ".safetensors"), checkpoint = shared(name, ".ckpt");
        Torch.manualSeed(own);
        Module m = network.get();
        try (var scope = Scope.open()) {
            if (!Files.exists(file)) {
                Map<String, String> facts = training.train(m, checkpoint);
                Safetensors.save(file, m.stateDict(), facts);
                Files.deleteIfExists(checkpoint);
                return new Kept(m, facts);
            }
            m.to(device, null, MemoryFormat.CHANNELS_LAST);
            Weights kept = Safetensors.read(file);
            m.loadStateDict(withoutMasks(kept.tensors(), m));
            return new Kept(m, kept.metadata());
        } catch (IOException e) {
            m.close();
            throw new UncheckedIOException("the trained network '" + name + "' cannot be kept: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            m.close();
            throw e;
        }
    }

    /** Leaves out the masks of gyro dropout, which evaluation does not need. */
    private static Map<String, Tensor> withoutMasks(Map<String, Tensor> tensors, Module m) {
        var own = new LinkedHashMap<>(tensors);
        own.keySet().retainAll(m.stateDict().keySet());
        return own;
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
