package panatorch.nn.dropout;

import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;
import panatorch.nn.MaskSource;
import panatorch.nn.init.Init;

/**
 * A linear layer that drops weights instead of features in training (Wan et al., 2013, "Regularization of Neural Networks using
 * DropConnect", ICML): {@code y = x (W ⊙ mask)ᵀ + b}, [*, in] → [*, out], with one mask [out, in] for all rows of a call. Parameters and
 * initialisation are those of {@link panatorch.nn.Linear}: {@code weight} [out, in] and {@code bias} [out]. State dicts of the two are
 * exchangeable.
 *
 * <p>
 * Not implemented: a mask for each example, dropped biases, and the paper's sampling of a Gaussian in evaluation. In evaluation the layer
 * uses all weights; {@code MonteCarlo} samples masks instead.
 */
public final class DropConnect extends DropoutLayer {
    private final long in, out;
    private final boolean bias;

    /** Creates a layer with a bias. */
    public DropConnect(long in, long out, double p) { this(in, out, p, true); }

    /**
     * Creates a layer.
     *
     * @param p probability of dropping a weight, in [0, 1]
     */
    public DropConnect(long in, long out, double p, boolean bias) {
        super(p, false);
        this.in = in;
        this.out = out;
        this.bias = bias;
        Tensor weight = parameter("weight", Init.layerWeight_(Torch.empty(out, in)));
        parameter("bias", bias ? Init.layerBias_(Torch.empty(out), weight) : null);
    }

    @Override protected long[] maskShape(Tensor input) { return new long[] {out, in}; }

    @Override public Tensor forward(Tensor input) {
        Tensor weight = parameter("weight");
        MaskSource source = masks() == null ? drawnFrom(null) : masks();
        return Aten.linear(input, isDropping() ? masked(weight, source.mask(weight, maskShape(input), p())) : weight,
                parameterOrNull("bias"));
    }

    @Override public boolean isPerRow() { return false; }

    @Override protected Module recreate() { return new DropConnect(in, out, p(), bias); }

    @Override protected String describe() {
        return "in_features=" + in + ", out_features=" + out + ", p=" + p() + ", bias=" + (bias ? "True" : "False");
    }
}
