package panatorch.nn.dropout.gyro;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;

/**
 * The accuracy and diversity of a model's subnetworks under gyro dropout (Lee et al., MLSys 2022). Each subnetwork is the whole model with
 * mask k in all layers and everything else in evaluation mode. Compare with the numbers of untrained masks to see the effect of training
 * them.
 *
 * <pre>{@code
 * GyroDiagnostics d = GyroDiagnostics.of(model, gyro.replaced(), images, labels);
 * }</pre>
 *
 * @param accuracies accuracies of the σ subnetworks, each in [0, 1]
 * @param disagreement fraction of all pairs of subnetworks and examples for which the two predict different classes
 * @param ensemble accuracy of the subnetworks' mean probabilities
 * @param full accuracy of the whole network, as used in evaluation
 */
public record GyroDiagnostics(double[] accuracies, double disagreement, double ensemble, double full) {
    /** Returns the mean of {@link #accuracies}. */
    public double meanAccuracy() {
        return java.util.Arrays.stream(accuracies).average().orElse(Double.NaN);
    }

    /**
     * Measures a model in σ + 1 forward passes over the examples. Waits for the device. Modes and masks are restored afterwards.
     *
     * @param layers layers whose masks are {@link GyroMasks} with banks, as in {@link GyroDropout#replaced}
     * @param input examples [N, …], which are passed at once
     * @param target classes int64 [N]
     * @throws IllegalArgumentException if there are no layers, one has no bank, or their numbers of subnetworks differ
     */
    public static GyroDiagnostics of(Module model, Map<String, DropoutLayer> layers, Tensor input, Tensor target) {
        Map<DropoutLayer, Tensor> banks = banks(layers);
        int count = (int) banks.values().iterator().next().size(0);
        Map<Module, Boolean> modes = new LinkedHashMap<>();
        model.modules().forEach(m -> modes.put(m, m.isTraining()));
        Map<DropoutLayer, @Nullable MaskSource> before = new HashMap<>();
        banks.keySet().forEach(l -> before.put(l, l.masks()));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            model.eval();
            Tensor logits = model.call(input);
            double full = accuracy(logits, target);
            Tensor votes = logits.zerosLike(), probabilities = logits.zerosLike();
            var accuracies = new double[count];
            var chosen = new int[1];
            banks.forEach((layer, bank) -> {
                var masks = (GyroMasks) Objects.requireNonNull(before.get(layer)); // or it would have no bank
                layer.setMasks((like, shape, p) -> masks.single(bank, chosen[0], like, shape, p));
                layer.train();
            });
            for (int k = 0; k < count; k++) {
                chosen[0] = k;
                try (var one = Scope.open()) {
                    Tensor of = model.call(input);
                    accuracies[k] = accuracy(of, target);
                    probabilities.add_(of.softmax(-1));
                    votes.scatterAdd_(1, of.argmax(1L).unsqueeze(1), of.newOnes(new long[] {1, 1}).expand(of.size(0), 1));
                }
            }
            Tensor same = votes.mul(votes.sub(1)).sum(1L).mean(DType.FLOAT64); // mean over the examples of the ordered pairs that agree
            double disagreement = count == 1 ? 0 : 1 - same.itemDouble() / ((double) count * (count - 1));
            return new GyroDiagnostics(accuracies, disagreement, accuracy(probabilities, target), full);
        } finally {
            before.forEach(DropoutLayer::setMasks);
            modes.forEach(Module::train); // outer before inner
        }
    }

    private static Map<DropoutLayer, Tensor> banks(Map<String, DropoutLayer> layers) {
        var banks = new LinkedHashMap<DropoutLayer, Tensor>();
        layers.forEach((name, layer) -> {
            Tensor bank = layer.masks() instanceof GyroMasks masks ? masks.bank() : null;
            if (bank == null)
                throw new IllegalArgumentException("layer " + name + " has no gyro masks, or no bank yet: run a training forward first");
            banks.put(layer, bank);
        });
        if (banks.values().stream().mapToLong(b -> b.size(0)).distinct().count() != 1)
            throw new IllegalArgumentException("the layers " + layers.keySet() + " have different numbers of subnetworks");
        return banks;
    }

    private static double accuracy(Tensor scores, Tensor target) {
        return scores.argmax(1L).eq(target).to(DType.FLOAT64).mean().itemDouble();
    }
}
