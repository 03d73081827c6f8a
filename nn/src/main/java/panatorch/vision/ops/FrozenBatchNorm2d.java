package panatorch.vision.ops;

import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;

/**
 * Batch normalisation whose statistics and affine parameters never change, as detectors use it with a pretrained network: [N, C, H, W] →
 * the same shape. Buffers: {@code weight}, {@code bias}, {@code running_mean}, {@code running_var} [C]. It loads the state of a
 * {@code BatchNorm2d}.
 */
public final class FrozenBatchNorm2d extends Module {
    private final long channels;
    private final double eps;

    /** Creates the layer with ε 1e-5. It is the identity but for ε until a state is loaded. */
    public FrozenBatchNorm2d(long channels) {
        this(channels, 1e-5);
    }

    /** @param eps number added to the variance */
    public FrozenBatchNorm2d(long channels, double eps) {
        this.channels = channels;
        this.eps = eps;
        buffer("weight", Torch.ones(channels));
        buffer("bias", Torch.zeros(channels));
        buffer("running_mean", Torch.zeros(channels));
        buffer("running_var", Torch.ones(channels));
        stateHooks().beforeLoad((module, prefix, state) -> state.remove(prefix + "num_batches_tracked"));
    }

    @Override public Tensor forward(Tensor input) {
        try (var scope = Scope.open()) {
            Tensor scale = buffer("weight").mul(buffer("running_var").add(eps).rsqrt());
            Tensor shift = buffer("bias").sub(buffer("running_mean").mul(scale));
            return scope.move(input.mul(scale.reshape(1, -1, 1, 1)).add(shift.reshape(1, -1, 1, 1)));
        }
    }

    @Override protected Module recreate() { return new FrozenBatchNorm2d(channels, eps); }

    @Override protected String describe() { return channels + ", eps=" + describe(eps); }
}
