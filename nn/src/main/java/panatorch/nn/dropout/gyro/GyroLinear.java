package panatorch.nn.dropout.gyro;

import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;

/**
 * A linear layer after a dropout layer with block-wise gyro masks that skips the products with zeros (Lee et al., MLSys 2022). For the τ
 * active subnetworks, one batched product [τ, B/τ, K] × [τ, K, H] replaces [B, D] × [D, H]; K of the D units are kept.
 *
 * <pre>{@code
 * dropout.setMasks(new GyroMasks(schedule, GyroOptions.DEFAULT.group(32)));
 * Tensor y = GyroLinear.forward(dropout, linear, x);      // linear(dropout(x)), in training and in evaluation
 * }</pre>
 *
 * <p>
 * Each subnetwork's columns of the weight are copied, [τ, K, H] in total. On a CPU this pays from about a hundred rows B/τ on; with fewer,
 * the plain product of masked features is faster.
 */
public final class GyroLinear {
    private GyroLinear() {}

    /**
     * Computes {@code linear(dropout(features))}. In evaluation, and for a batch whose size τ does not divide, the two layers are called as
     * they are. Otherwise their hooks are not called.
     *
     * @param dropout layer whose masks are {@link GyroMasks} of groups
     * @param features features [B, D]
     * @return the output [B, H], which belongs to the current scope
     * @throws IllegalArgumentException if {@code features} is not [B, D], or the layer has no gyro masks
     */
    public static Tensor forward(Dropout dropout, Linear linear, Tensor features) {
        if (!(dropout.masks() instanceof GyroMasks masks))
            throw new IllegalArgumentException("the dropout layer has no gyro masks; set them with setMasks(new GyroMasks(…)) or "
                    + "GyroDropout.replaceIn");
        if (features.dim() != 2) throw new IllegalArgumentException("GyroLinear takes features [B, D], not " + features.describe());
        long batch = features.size(0), width = features.size(1), subnetworks = masks.schedule().size(masks.layer());
        try (var scope = Scope.open()) {
            if (!dropout.isTraining() || dropout.p() == 0 || batch % subnetworks != 0)
                return scope.move(linear.call(dropout.call(features)));
            int group = masks.options().group();
            Tensor kept = masks.keptGroups(features, dropout.p()); // [τ, k] of G groups
            long k = kept.size(1), rows = batch / subnetworks;
            Tensor grouped = features.reshape(subnetworks, rows, width / group, group); // [τ, B/τ, G, g]
            Tensor x = grouped.gather(2, kept.view(subnetworks, 1, k, 1).expand(subnetworks, rows, k, group)).flatten(2, 3);
            // [H, τ·k, g]: runs of g are contiguous
            Tensor w = linear.weight().view(-1, width / group, group).indexSelect(1, kept.view(-1))
                    .view(-1, subnetworks, k * group).permute(1, 2, 0); // [τ, K, H]
            Tensor y = x.bmm(w).div(masks.keepProbability(features, dropout.p())).flatten(0, 1);
            return scope.move(linear.bias() == null ? y : y.add(linear.bias()));
        }
    }
}
