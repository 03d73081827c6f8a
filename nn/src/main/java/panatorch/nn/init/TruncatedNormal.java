package panatorch.nn.init;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Draws from the normal distribution between two limits by rejection, as {@code torch.nn.init.trunc_normal_} does since PyTorch 2.13: from
 * normal numbers if enough of them lie between the limits, otherwise from uniform ones.
 */
final class TruncatedNormal {
    private static final double ENOUGH = 0.3;

    private TruncatedNormal() {}

    static void fill(Tensor t, double mean, double std, double low, double high) {
        try (var scope = Scope.open()) {
            t.copy_(cdf((high - mean) / std) - cdf((low - mean) / std) > ENOUGH ? ofNormal(t, mean, std, low, high)
                    : ofUniform(t, mean, std, low, high));
        }
    }

    private static Tensor ofNormal(Tensor t, double mean, double std, double low, double high) {
        double least = rounded(t, low), most = rounded(t, high);
        Tensor result = t.emptyLike().normal_(mean, std);
        for (Tensor outside = outside(result, least, most); outside.any().itemLong() != 0; outside = outside(result, least, most))
            result = Aten.where(outside, t.emptyLike().normal_(mean, std), result);
        return result;
    }

    private static Tensor outside(Tensor t, double least, double most) { return t.lt(least).logicalOr(t.gt(most)); }

    /** Accepts {@code x} with the density at it relative to the largest density. */
    private static Tensor ofUniform(Tensor t, double mean, double std, double low, double high) {
        double mode = Math.max(low, Math.min(mean, high)), peak = -0.5 * Math.pow((mode - mean) / std, 2);
        Tensor result = t.emptyLike().uniform_(low, high), pending = rejected(result, mean, std, peak);
        while (pending.any().itemLong() != 0) {
            Tensor candidates = t.emptyLike().uniform_(low, high);
            result = Aten.where(pending, candidates, result);
            pending = Aten.where(pending, rejected(candidates, mean, std, peak), pending);
        }
        return result;
    }

    private static Tensor rejected(Tensor candidates, double mean, double std, double peak) {
        Tensor density = candidates.clone().sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak);
        return candidates.emptyLike().uniform_().log_().gt(density);
    }

    /** Rounds a number to the type of {@code t}. */
    private static double rounded(Tensor t, double value) {
        return Aten.scalarTensor(value, t.dtype()).itemDouble();
    }

    /** Computes the cumulative distribution function of the normal distribution. */
    private static double cdf(double x) {
        return (1 + Aten.scalarTensor(x / Math.sqrt(2), DType.FLOAT64).erf().itemDouble()) / 2;
    }
}
