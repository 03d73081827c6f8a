package panatorch.apps.reproduce;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.nn.Module;

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
            var kept = work.network(name + ".trained", seed, network, distilling.lab().device(), (m, checkpoint) -> {
                distilling.baseline(m, seed, work, checkpoint);
                return Map.of();
            });
            try (Module teacher = kept.module();
                    var reference = distilling.new Reference(teacher, seed, work.shared(name + ".reference", ".safetensors"))) {
                return measuring.measure(seed, work, teacher, reference);
            } catch (IOException e) {
                throw new UncheckedIOException("the prediction of the trained " + name + " cannot be kept: " + e.getMessage(), e);
            }
        };
    }
}
