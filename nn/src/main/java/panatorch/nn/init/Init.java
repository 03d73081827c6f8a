package panatorch.nn.init;

import panatorch.Aten;
import panatorch.Linalg;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Initialisations, in place and without recording; they draw the same numbers as {@code torch.nn.init} from the same seed.
 *
 * <pre>{@code
 * double gain = Init.gain(Init.Nonlinearity.TANH, 0);
 * network.apply(m -> { if (m instanceof Linear l) Init.xavierUniform_(l.weight(), gain); });
 * }</pre>
 */
public final class Init {
    private Init() {}

    /** The side of a weight that preserves the variance: the inputs in the forward pass, the outputs in the backward pass. */
    public enum Fan {
        IN, OUT;

        double of(Tensor weight) { return this == IN ? fanIn(weight) : fanOut(weight); }
    }

    /** The nonlinearity that follows a weight. */
    public enum Nonlinearity {
        /** None; also for sigmoids. */
        LINEAR, TANH, RELU, LEAKY_RELU, SELU
    }

    /**
     * Returns the factor by which weights are larger because of the nonlinearity that follows them.
     *
     * @param slope negative slope; used for a leaky ReLU only
     */
    public static double gain(Nonlinearity nonlinearity, double slope) {
        return switch (nonlinearity) {
            case LINEAR -> 1;
            case TANH -> 5.0 / 3;
            case RELU -> Math.sqrt(2);
            case LEAKY_RELU -> Math.sqrt(2 / (1 + slope * slope));
            case SELU -> 3.0 / 4;
        };
    }

    /** Returns the number of inputs of one output of a weight [out, in, …]: its elements without the first dimension. */
    public static long fanIn(Tensor weight) {
        return weight.size(1) * receptiveField(weight);
    }

    /** Returns the number of outputs that one input of a weight [out, in, …] reaches. */
    public static long fanOut(Tensor weight) {
        return weight.size(0) * receptiveField(weight);
    }

    private static long receptiveField(Tensor weight) {
        long[] shape = weight.shape();
        if (shape.length < 2)
            throw new IllegalArgumentException("fan-in and fan-out need a weight with at least 2 dimensions, not " + weight.describe());
        long field = 1;
        for (int d = 2; d < shape.length; d++) field *= shape[d];
        return field;
    }

    /** Draws from the uniform distribution on [{@code low}, {@code high}). */
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

    /** Draws from the normal distribution truncated to {@code low} and {@code high}; numbers outside are drawn again. */
    public static Tensor truncNormal_(Tensor t, double mean, double std, double low, double high) {
        try (var noGrad = NoGrad.enter()) {
            TruncatedNormal.fill(t, mean, std, low, high);
        }
        return t;
    }

    public static Tensor constant_(Tensor t, double value) {
        try (var noGrad = NoGrad.enter()) {
            return t.fill_(value);
        }
    }

    public static Tensor ones_(Tensor t) { return constant_(t, 1); }

    public static Tensor zeros_(Tensor t) { return constant_(t, 0); }

    /** Fills a matrix with the identity. */
    public static Tensor eye_(Tensor matrix) {
        if (matrix.dim() != 2) throw new IllegalArgumentException("the identity needs a matrix, not " + matrix.describe());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            matrix.copy_(Aten.eye(matrix.size(0), matrix.size(1), matrix.dtype(), null, matrix.device()));
        }
        return matrix;
    }

    /**
     * Fills convolution weights [out, in, …] of three to five dimensions so that as many channels of each group as possible pass unchanged.
     */
    public static Tensor dirac_(Tensor weight, long groups) {
        long dims = weight.dim();
        if (dims < 3 || dims > 5)
            throw new IllegalArgumentException("dirac_ needs a convolution weight of 3 to 5 dimensions, not " + weight.describe());
        if (weight.size(0) % groups != 0)
            throw new IllegalArgumentException(groups + " groups do not divide " + weight.size(0) + " channels");
        long each = weight.size(0) / groups, kept = Math.min(each, weight.size(1));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            weight.zero_();
            for (long g = 0; g < groups; g++) {
                for (long c = 0; c < kept; c++) {
                    Tensor filter = weight.select(0, g * each + c).select(0, c);
                    for (long d = 2; d < dims; d++) filter = filter.select(0, weight.size(d) / 2);
                    filter.fill_(1);
                }
            }
        }
        return weight;
    }

    /** Xavier initialisation, uniform, with gain 1 (Glorot and Bengio 2010). */
    public static Tensor xavierUniform_(Tensor weight) {
        return xavierUniform_(weight, 1);
    }

    /** Xavier initialisation, uniform (Glorot and Bengio 2010). */
    public static Tensor xavierUniform_(Tensor weight, double gain) {
        double bound = Math.sqrt(3.0) * xavierStd(weight, gain);
        return uniform_(weight, -bound, bound);
    }

    /** Xavier initialisation, normal, with gain 1 (Glorot and Bengio 2010). */
    public static Tensor xavierNormal_(Tensor weight) {
        return xavierNormal_(weight, 1);
    }

    /** Xavier initialisation, normal (Glorot and Bengio 2010). */
    public static Tensor xavierNormal_(Tensor weight, double gain) {
        return normal_(weight, 0, xavierStd(weight, gain));
    }

    private static double xavierStd(Tensor weight, double gain) { return gain * Math.sqrt(2.0 / (fanIn(weight) + fanOut(weight))); }

    /**
     * Kaiming initialisation, uniform, by fan-in (He et al., 2015, arXiv:1502.01852).
     *
     * @param a negative slope of the leaky ReLU that follows
     */
    public static Tensor kaimingUniform_(Tensor weight, double a) { return kaimingUniform_(weight, a, Fan.IN, Nonlinearity.LEAKY_RELU); }

    /** Kaiming initialisation, uniform (He et al., 2015, arXiv:1502.01852). */
    public static Tensor kaimingUniform_(Tensor weight, double a, Fan fan, Nonlinearity nonlinearity) {
        if (weight.numel() == 0) return weight; // its fan-in or fan-out may be 0
        double bound = Math.sqrt(3.0) * (gain(nonlinearity, a) / Math.sqrt(fan.of(weight)));
        return uniform_(weight, -bound, bound);
    }

    /** Kaiming initialisation, normal (He et al., 2015, arXiv:1502.01852). */
    public static Tensor kaimingNormal_(Tensor weight, double a, Fan fan, Nonlinearity nonlinearity) {
        if (weight.numel() == 0) return weight;
        return normal_(weight, 0, gain(nonlinearity, a) / Math.sqrt(fan.of(weight)));
    }

    /** Kaiming initialisation, normal, by fan-out, for a ReLU, as ResNets use it (He et al., 2015, arXiv:1502.01852). */
    public static Tensor kaimingNormalFanOut_(Tensor weight) {
        return kaimingNormal_(weight, 0, Fan.OUT, Nonlinearity.LEAKY_RELU);
    }

    /**
     * Fills a weight [out, …] so that its rows or columns, whichever are fewer, are orthogonal and of length {@code gain} (Saxe et al.,
     * 2013, arXiv:1312.6120).
     */
    public static Tensor orthogonal_(Tensor weight, double gain) {
        if (weight.dim() < 2)
            throw new IllegalArgumentException("orthogonal_ needs a weight with at least 2 dimensions, not " + weight.describe());
        if (weight.numel() == 0) return weight;
        long rows = weight.size(0), columns = weight.numel() / rows;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor flat = Aten.empty(new long[] {rows, columns}, weight.dtype(), null, weight.device()).normal_(0, 1);
            if (rows < columns) flat = flat.t();
            var qr = Linalg.qr(flat);
            Tensor q = qr.Q().mul(qr.R().diagonal().sign());
            weight.copy_((rows < columns ? q.t() : q).reshape(weight.shape()));
            weight.mul_(gain);
        }
        return weight;
    }

    /** Fills a matrix from the normal distribution, with a fraction {@code sparsity} of each column's elements zero (Martens 2010). */
    public static Tensor sparse_(Tensor matrix, double sparsity, double std) {
        if (matrix.dim() != 2) throw new IllegalArgumentException("sparse_ needs a matrix, not " + matrix.describe());
        long rows = matrix.size(0), zeros = (long) Math.ceil(sparsity * rows);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            matrix.normal_(0, std);
            for (long c = 0; c < matrix.size(1); c++) matrix.select(1, c).indexFill_(0, Aten.randperm(rows).slice(0, 0L, zeros), 0);
        }
        return matrix;
    }

    /** PyTorch's default initialisation of linear and convolution weights. */
    public static Tensor layerWeight_(Tensor weight) {
        return kaimingUniform_(weight, Math.sqrt(5));
    }

    /** PyTorch's default initialisation of the bias beside {@code weight}. */
    public static Tensor layerBias_(Tensor bias, Tensor weight) {
        long fan = fanIn(weight);
        double bound = fan > 0 ? 1 / Math.sqrt(fan) : 0;
        return uniform_(bias, -bound, bound);
    }
}
