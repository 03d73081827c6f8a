package panatorch.signal;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Special;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Window functions of {@code torch.signal.windows}: [m], on the CPU, with Python's numbers.
 *
 * <pre>{@code
 * Tensor window = Windows.periodic(DType.FLOAT32).hann(400);    // for spectra; Windows.symmetric(…) for filters
 * }</pre>
 *
 * @param isSymmetric whether the last value equals the first; otherwise the window is the first m values of a symmetric one of m + 1
 * @param dtype float32 or float64
 */
public record Windows(boolean isSymmetric, DType dtype) {
    /** @throws IllegalArgumentException if the type is neither float32 nor float64 */
    public Windows {
        if (dtype != DType.FLOAT32 && dtype != DType.FLOAT64)
            throw new IllegalArgumentException("windows are float32 or float64, not " + dtype);
    }

    /** Windows whose last value equals the first, for filters. */
    public static Windows symmetric(DType dtype) {
        return new Windows(true, dtype);
    }

    /** Windows to be repeated, for spectra. */
    public static Windows periodic(DType dtype) {
        return new Windows(false, dtype);
    }

    /** A raised cosine, zero at the ends. */
    public Tensor hann(long m) { return generalHamming(m, 0.5); }

    /** A raised cosine of 0.54 and 0.46. */
    public Tensor hamming(long m) { return generalHamming(m, 0.54); }

    /** A raised cosine {@code α − (1 − α) cos}. */
    public Tensor generalHamming(long m, double alpha) {
        return generalCosine(m, alpha, 1 - alpha);
    }

    /** The sum of three cosines 0.42, 0.5 and 0.08. */
    public Tensor blackman(long m) { return generalCosine(m, 0.42, 0.5, 0.08); }

    /** Nuttall's sum of four cosines with the least side lobes. */
    public Tensor nuttall(long m) {
        return generalCosine(m, 0.3635819, 0.4891775, 0.1365995, 0.0106411);
    }

    /** The sum {@code Σ (−1)ⁱ aᵢ cos(2π i n / (m − 1))}. */
    public Tensor generalCosine(long m, double... a) {
        if (a.length == 0) throw new IllegalArgumentException("a sum of cosines needs at least one coefficient");
        if (check(m) <= 1) return ones(m);
        try (var scope = Scope.open()) {
            double constant = 2 * Math.PI / intervals(m);
            Tensor k = points(m, 0, (m - 1) * constant);
            double[] signed = a.clone();
            for (int i = 1; i < a.length; i += 2) signed[i] = -a[i];
            Tensor i = Aten.arange(a.length, dtype, null, Device.CPU);
            Tensor weights = Torch.tensor(signed).to(dtype);
            return scope.move(weights.unsqueeze(-1).mul(i.unsqueeze(-1).mul(k).cos()).sum(0));
        }
    }

    /** A triangle. */
    public Tensor bartlett(long m) {
        if (check(m) <= 1) return ones(m);
        try (var scope = Scope.open()) {
            return scope.move(points(m, -1, -1 + (m - 1) * (2.0 / intervals(m))).abs().neg().add(1));
        }
    }

    /** Half a period of a sine, shifted by half a sample. */
    public Tensor cosine(long m) {
        if (check(m) == 0) return ones(m);
        try (var scope = Scope.open()) {
            double constant = Math.PI / (!isSymmetric && m > 1 ? m + 1 : m);
            return scope.move(points(m, 0.5 * constant, (0.5 + (m - 1)) * constant).sin());
        }
    }

    /** An exponential that falls from the middle, {@code exp(−|n − center| / τ)}. */
    public Tensor exponential(long m, double tau) {
        if (!(tau > 0)) throw new IllegalArgumentException("tau must be above 0, but is " + tau);
        if (check(m) == 0) return ones(m);
        try (var scope = Scope.open()) {
            double center = (!isSymmetric && m > 1 ? m : m - 1) / 2.0, constant = 1 / tau;
            return scope.move(points(m, -center * constant, (-center + (m - 1)) * constant).abs().neg().exp());
        }
    }

    /** A Gaussian, {@code exp(−(n − center)² / 2σ²)}. */
    public Tensor gaussian(long m, double std) {
        if (!(std > 0)) throw new IllegalArgumentException("the standard deviation must be above 0, but is " + std);
        if (check(m) == 0) return ones(m);
        try (var scope = Scope.open()) {
            double start = -(!isSymmetric && m > 1 ? m : m - 1) / 2.0, constant = 1 / (std * Math.sqrt(2));
            return scope.move(points(m, start * constant, (start + (m - 1)) * constant).square().neg().exp());
        }
    }

    /** Kaiser's window, {@code I₀(β √(1 − ((n − center) / center)²)) / I₀(β)}. */
    public Tensor kaiser(long m, double beta) {
        if (!(beta >= 0)) throw new IllegalArgumentException("beta must be at least 0, but is " + beta);
        if (check(m) <= 1) return ones(m);
        try (var scope = Scope.open()) {
            Tensor b = Aten.scalarTensor(beta, dtype, null, Device.CPU);
            double rounded = b.itemDouble(), constant = 2 * rounded / intervals(m);
            Tensor k = points(m, -rounded, Math.min(rounded, -rounded + (m - 1) * constant));
            return scope.move(Special.i0(b.mul(b).sub(k.square()).sqrt()).div(Special.i0(b)));
        }
    }

    private static long check(long m) {
        if (m < 0) throw new IllegalArgumentException("a window has at least 0 values, not " + m);
        return m;
    }

    private long intervals(long m) { return isSymmetric ? m - 1 : m; }

    private Tensor ones(long m) { return Torch.ones(dtype, m); }

    private Tensor points(long m, double start, double end) { return Aten.linspace(start, end, m, dtype, null, Device.CPU); }
}
