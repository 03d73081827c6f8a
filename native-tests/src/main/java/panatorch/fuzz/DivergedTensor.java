package panatorch.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * A tensor of a legal call with the values of a diverged model. Types that are neither floating point nor complex keep their values.
 *
 * @param healthy makes the tensor with legal values
 * @param dtype the type of the result if {@code healthy} makes floating point or complex numbers, or null for its own
 * @param value the value that {@link Harm#ALL} and {@link Harm#ONE} put in, or by which {@link Harm#SCALED} multiplies
 */
record DivergedTensor(String name, Supplier<Tensor> healthy, @Nullable DType dtype, Harm harm, double value, long seed, boolean columns,
        boolean grad) implements Plan {
    enum Harm { NONE, ALL, ONE, SOME, MOST, SCALED }

    static final double[] VALUES = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 1e38, -1e38, 3.4e38, 1e308, -1e308,
        1e-40, 1e-310, Double.MIN_VALUE, 1e-45, -0.0, 1e19, 1e20, 6e4, 1e5, 1e154};

    static DivergedTensor draw(String name, Supplier<Tensor> healthy, @Nullable DType dtype, SplittableRandom random, boolean grad) {
        Harm harm = Harm.values()[random.nextInt(8) % Harm.values().length];
        double value = random.nextInt(2) == 0 ? VALUES[random.nextInt(3)] : VALUES[random.nextInt(VALUES.length)];
        return new DivergedTensor(name, healthy, dtype, harm, value, random.nextLong(), random.nextInt(4) == 0, grad);
    }

    @Override public Tensor make() {
        Tensor made;
        try (var noGrad = NoGrad.enter()) {
            Tensor t = healthy.get();
            if (!t.dtype().isFloatingPoint() && !t.dtype().isComplex()) return t;
            made = harmed(dtype == null || t.dtype().isComplex() ? t.clone() : t.to(dtype).clone());
            if (columns && made.dim() > 1) made = made.transpose(-1, -2).contiguous().transpose(-1, -2);
        }
        return grad ? made.detach().requiresGrad_(true) : made;
    }

    private Tensor harmed(Tensor t) {
        if (t.numel() == 0 || harm == Harm.NONE) return t;
        Tensor parts = t.dtype().isComplex() ? Aten.viewAsReal(t) : t;
        var random = new SplittableRandom(seed);
        int n = Math.toIntExact(parts.numel());
        switch (harm) {
            case ALL -> parts.fill_(value);
            case SCALED -> parts.mul_(value);
            default -> {
                var mask = new byte[n];
                var values = new double[n];
                if (harm == Harm.ONE) mask[random.nextInt(n)] = 1;
                else for (int i = 0; i < n; i++) mask[i] = (byte) (random.nextInt(10) < (harm == Harm.SOME ? 2 : 9) ? 1 : 0);
                for (int i = 0; i < n; i++) values[i] = harm == Harm.ONE ? value : VALUES[random.nextInt(VALUES.length)];
                long[] shape = parts.shape();
                parts.copy_(Aten.where(Torch.tensor(mask, shape).to(DType.BOOL), Torch.tensor(values, shape).to(parts.dtype()), parts));
            }
        }
        return t;
    }

    @Override public String toString() {
        return name + (dtype == null ? "" : " as " + dtype)
                + (harm == Harm.NONE ? "" : " " + harm.name().toLowerCase(java.util.Locale.ROOT))
                + (List.of(Harm.ALL, Harm.ONE, Harm.SCALED).contains(harm) ? " " + value : "")
                + (columns ? " by columns" : "") + (grad ? " with gradient" : "");
    }

    static String name(String kind, long... shape) { return kind + Arrays.toString(shape).replace(" ", ""); }
}
