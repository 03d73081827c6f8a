package panatorch.nn.utils.fusion;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.BatchNorm;
import panatorch.nn.Convolution;
import panatorch.nn.Linear;
import panatorch.nn.Module;

/**
 * Folds batch normalisation in evaluation mode into the layer before it.
 *
 * <pre>{@code
 * block.setChild("conv1", Fusion.fuseConvBnEval(conv1, bn1));
 * block.setChild("bn1", new Identity());
 * }</pre>
 */
public final class Fusion {
    private Fusion() {}

    /**
     * The weight and bias of a fused layer.
     *
     * @param weight weight, of the shape and type of the layer's
     * @param bias bias, of the number of output channels
     */
    public record Weights(Tensor weight, Tensor bias) {}

    /**
     * Returns a convolution that computes what {@code norm} makes of the output of {@code conv}. Both stay as they are; the result is the
     * caller's.
     *
     * @throws IllegalArgumentException if one of them is in training mode, or {@code norm} has no running statistics
     */
    public static <C extends Convolution> C fuseConvBnEval(C conv, BatchNorm norm) {
        return fused(conv, norm, conv.isTransposed());
    }

    /**
     * Returns a linear layer that computes what {@code norm} makes of the output of {@code linear}. Both stay as they are; the result is
     * the caller's.
     *
     * @throws IllegalArgumentException if one of them is in training mode, {@code norm} has no running statistics, or neither 1 nor as many
     * channels as the layer has outputs
     */
    public static Linear fuseLinearBnEval(Linear linear, BatchNorm norm) {
        long channels = norm.buffer("running_mean").numel();
        if (channels != 1 && channels != linear.outFeatures())
            throw new IllegalArgumentException("the normalisation has " + channels + " channels, and the layer " + linear.outFeatures()
                    + " outputs");
        return fused(linear, norm, false);
    }

    private static <M extends Module> M fused(M layer, BatchNorm norm, boolean transposed) {
        if (layer.isTraining() || norm.isTraining())
            throw new IllegalArgumentException("batch normalisation is fused in evaluation mode only. Call eval() first");
        if (norm.bufferOrNull("running_mean") == null)
            throw new IllegalArgumentException(norm + " has no running statistics, so its output depends on the batch");
        M fused = Module.copyOf(layer);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Weights w = fuseConvBnWeights(fused.parameter("weight"), fused.parameterOrNull("bias"), norm.buffer("running_mean"),
                    norm.buffer("running_var"), norm.eps(), norm.parameterOrNull("weight"), norm.parameterOrNull("bias"), transposed);
            fused.parameter("weight").copy_(w.weight);
            Tensor bias = fused.parameterOrNull("bias");
            if (bias != null) bias.copy_(w.bias);
            else fused.setParameter("bias", w.bias);
        } catch (RuntimeException e) {
            fused.close();
            throw e;
        }
        return fused;
    }

    /**
     * Returns weight and bias of a fused convolution. They belong to the current scope.
     *
     * @param weight weight of the convolution
     * @param bias bias of the convolution, or null
     * @param mean running mean of the normalisation
     * @param variance running variance of the normalisation
     * @param eps number that the normalisation adds to the variance
     * @param scale weight of the normalisation, or null for ones
     * @param shift bias of the normalisation, or null for zeros
     * @param transposed whether the convolution is transposed, so that its output channels are the second dimension
     */
    public static Weights fuseConvBnWeights(Tensor weight, @Nullable Tensor bias, Tensor mean, Tensor variance, double eps,
            @Nullable Tensor scale, @Nullable Tensor shift, boolean transposed) {
        try (var scope = Scope.open()) {
            Tensor factor = variance.add(eps).rsqrt();
            if (scale != null) factor = factor.mul(scale);
            long[] shape = new long[(int) weight.dim()];
            Arrays.fill(shape, 1);
            shape[transposed ? 1 : 0] = -1;
            Tensor centred = bias == null ? mean.neg() : bias.sub(mean), fusedBias = centred.mul(factor);
            if (shift != null) fusedBias = fusedBias.add(shift);
            return new Weights(scope.move(weight.mul(factor.reshape(shape)).to(weight.dtype())),
                    scope.move(fusedBias.to(bias == null ? weight.dtype() : bias.dtype())));
        }
    }

    /** Returns weight and bias of a fused linear layer: see {@link #fuseConvBnWeights} for the arguments. */
    public static Weights fuseLinearBnWeights(Tensor weight, @Nullable Tensor bias, Tensor mean, Tensor variance, double eps,
            @Nullable Tensor scale, @Nullable Tensor shift) {
        return fuseConvBnWeights(weight, bias, mean, variance, eps, scale, shift, false);
    }
}
