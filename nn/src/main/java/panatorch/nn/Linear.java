package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * A linear layer {@code y = x Wᵀ + b}: [*, in] → [*, out]. Parameters: {@code weight} [out, in], {@code bias} [out].
 *
 * <pre>{@code
 * try (var layer = new Linear(20, 30); var scope = Scope.open()) {
 *     Tensor y = layer.forward(Torch.randn(128, 20));             // [128, 30]
 * }
 * }</pre>
 */
public final class Linear extends Module {
    private final long in, out;
    private final boolean bias;

    public Linear(long in, long out) { this(in, out, true); }

    public Linear(long in, long out, boolean bias) {
        this.in = in;
        this.out = out;
        this.bias = bias;
        Tensor weight = parameter("weight", Init.layerWeight_(Torch.empty(out, in)));
        parameter("bias", bias ? Init.layerBias_(Torch.empty(out), weight) : null);
    }

    public long inFeatures() { return in; }

    public long outFeatures() { return out; }

    public Tensor weight() { return parameter("weight"); }

    public @Nullable Tensor bias() { return parameterOrNull("bias"); }

    @Override public Tensor forward(Tensor input) { return Aten.linear(input, parameter("weight"), parameterOrNull("bias")); }

    @Override protected Module recreate() { return new Linear(in, out, bias); }

    @Override protected String describe() {
        return "in_features=" + in + ", out_features=" + out + ", bias=" + Repr.of(parameterOrNull("bias") != null);
    }
}
