package panatorch.apps.reproduce;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.nn.Module;
import panatorch.serialize.Safetensors;

/**
 * A network with dropout that is trained on labels once for each seed, for all trials that predict with it or distil it.
 *
 * @param distilling the settings
 * @param name name of the network
 * @param network creates the untrained network
 */
record Baseline(Distilling distilling, String name, Supplier<Module> network) {
    /** Measures something with a trained baseline. */
    @FunctionalInterface
    interface Measuring {
        /**
         * Measures.
         *
         * @param teacher the trained network, which is closed afterwards
         * @param reference its mean prediction, which is closed afterwards
         */
        Trial.Result measure(long seed, Work work, Module teacher, Distilling.Reference reference);
    }

    Trial trial(Measuring measuring) {
        return (seed, work) -> {
            try (Module teacher = trained(seed, work);
                    var reference = distilling.new Reference(teacher, seed, work.shared(name + ".reference", ".safetensors"))) {
                return measuring.measure(seed, work, teacher, reference);
            } catch (IOException e) {
                throw new UncheckedIOException("the trained " + name + " cannot be kept: " + e.getMessage(), e);
            }
        };
    }

    /** Returns the network, trained now or by an earlier trial of the seed. */
    private Module trained(long seed, Work work) throws IOException {
        Path file = work.shared(name + ".trained", ".safetensors"), checkpoint = work.shared(name + ".trained", ".ckpt");
        Torch.manualSeed(seed);
        Module teacher = network.get();
        try (var scope = Scope.open()) {
            if (Files.exists(file)) {
                teacher.to(distilling.lab().device(), null, MemoryFormat.CHANNELS_LAST);
                teacher.loadStateDict(Safetensors.load(file));
            } else {
                distilling.baseline(teacher, seed, work, checkpoint);
                Safetensors.save(file, teacher.stateDict(), Map.of());
                Files.deleteIfExists(checkpoint);
            }
            return teacher;
        } catch (IOException | RuntimeException e) {
            teacher.close();
            throw e;
        }
    }
}
