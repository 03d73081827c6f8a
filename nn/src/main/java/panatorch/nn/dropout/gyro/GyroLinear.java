package panatorch.nn.dropout.gyro;

import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;

/**
 * A linear layer behind a dropout layer with block-wise gyro masks, without the products that the masks make zero (Lee et al., MLSys 2022): for the
 * τ active subnetworks one batched product [τ, B/τ, K] × [τ, K, H], K of D units being kept, in place of [B, D] × [D, H].
 *
 * <pre>{@code
 * dropout.setMasks(new GyroMasks(schedule, GyroOptions.DEFAULT.group(32)));
 * Tensor y = GyroLinear.forward(dropout, linear, x);      // linear(dropout(x)), in training and in evaluation
 * }</pre>
 *
 * <p>Each subnetwork's columns of the weight are copied, [τ, K, H] in all: it pays from about a hundred rows B/τ on, on a CPU;
 * with fewer, the plain product of masked features is faster.
 */
public final class GyroLinear {
    private GyroLinear() {}

    /**
     * {@code linear(dropout(features))}. In evaluation, and for a batch that τ does not divide, that is what is computed; hooks of the two are not called
     * otherwise.
     *
     * @param dropout whose masks are {@link GyroMasks} of groups
     * @param features [B, D]
     * @return [B, H], of the current scope
     * @throws IllegalArgumentException if {@code features} is no [B, D], or the layer's masks are others
     */
    public static Tensor forward(Dropout dropout, Linear linear, Tensor features) {
        if (!(dropout.masks() instanceof GyroMasks masks)) throw new IllegalArgumentException("this dropout layer has no gyro masks");
        if (features.dim() != 2) throw new IllegalArgumentException("features are [B, D], and these are " + features.describe());
        long batch = features.size(0), width = features.size(1), subnetworks = masks.schedule().size(masks.layer());
        try (var scope = Scope.open()) {
            if (!dropout.isTraining() || dropout.p() == 0 || batch % subnetworks != 0) return scope.move(linear.call(dropout.call(features)));
            int group = masks.options().group();
            Tensor kept = masks.keptGroups(features, dropout.p());                                   // [τ, k] of G groups
            long k = kept.size(1), rows = batch / subnetworks;
            Tensor grouped = features.reshape(subnetworks, rows, width / group, group);              // [τ, B/τ, G, g]
            Tensor x = grouped.gather(2, kept.view(subnetworks, 1, k, 1).expand(subnetworks, rows, k, group)).flatten(2, 3);
            Tensor w = linear.weight().view(-1, width / group, group).indexSelect(1, kept.view(-1))  // [H, τ·k, g]: runs of g, as they lie in memory
                    .view(-1, subnetworks, k * group).permute(1, 2, 0);                              // [τ, K, H]
            Tensor y = x.bmm(w).div(masks.keepProbability(features, dropout.p())).flatten(0, 1);
            return scope.move(linear.bias() == null ? y : y.add(linear.bias()));
        }
    }
}
