package panatorch.nn.init;

import panatorch.NoGrad;
import panatorch.Tensor;

/** Initialisations, in place and without recording; they draw the same numbers as {@code torch.nn.init} from the same seed. */
public final class Init {
    private Init() {}

    /** Inputs of one output of a weight [out, in, …]: its elements but for the first dimension. */
    public static long fanIn(Tensor weight) { return weight.size(1) * receptiveField(weight); }

    /** Outputs that one input of a weight [out, in, …] reaches. */
    public static long fanOut(Tensor weight) { return weight.size(0) * receptiveField(weight); }

    private static long receptiveField(Tensor weight) {
        long[] shape = weight.shape();
        if (shape.length < 2) throw new IllegalArgumentException("fans are of weights with two dimensions or more, not of " + weight.describe());
        long field = 1;
        for (int d = 2; d < shape.length; d++) field *= shape[d];
        return field;
    }

    /** The uniform distribution on [{@code low}, {@code high}). */
    public static Tensor uniform_(Tensor t, double low, double high) {
        try (var noGrad = NoGrad.enter()) {
            return t.uniform_(low, high);
        }
    }

    public static Tensor normal_(Tensor t, double mean, double std) {
        try (var noGrad = NoGrad.enter()) {
            return t.normal_(mean, std);
        }
    }

    public static Tensor constant_(Tensor t, double value) {
        try (var noGrad = NoGrad.enter()) {
            return t.fill_(value);
        }
    }

    /** He et al. 2015, arXiv:1502.01852, uniform, by fan-in; {@code a} is the negative slope of the leaky ReLU that follows. */
    public static Tensor kaimingUniform_(Tensor weight, double a) {
        double bound = Math.sqrt(3.0) * (leakyReluGain(a) / Math.sqrt(fanIn(weight)));
        return uniform_(weight, -bound, bound);
    }

    /** He et al. 2015, arXiv:1502.01852, normal, by fan-out, for a ReLU: what ResNets begin with. */
    public static Tensor kaimingNormalFanOut_(Tensor weight) { return normal_(weight, 0, leakyReluGain(0) / Math.sqrt(fanOut(weight))); }

    private static double leakyReluGain(double a) { return Math.sqrt(2.0 / (1 + a * a)); }

    /** What PyTorch gives linear and convolution weights. */
    public static Tensor layerWeight_(Tensor weight) { return kaimingUniform_(weight, Math.sqrt(5)); }

    /** What PyTorch gives the bias beside {@code weight}. */
    public static Tensor layerBias_(Tensor bias, Tensor weight) {
        double bound = 1 / Math.sqrt(fanIn(weight));
        return uniform_(bias, -bound, bound);
    }
}
