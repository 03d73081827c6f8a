package panatorch.datasets.transforms;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/**
 * The changes that RandAugment, TrivialAugment, AutoAugment and AugMix choose from, as torchvision defines them. The <em>strength</em> of a
 * change is a fraction of the largest one, from 0 to 1, with a sign where the change has two directions.
 */
enum Operation {
    IDENTITY(false), SHEAR_X(true), SHEAR_Y(true), TRANSLATE_X(true), TRANSLATE_Y(true), ROTATE(true), BRIGHTNESS(true), COLOR(true),
    CONTRAST(true), SHARPNESS(true), POSTERIZE(false), SOLARIZE(false), AUTO_CONTRAST(false), EQUALIZE(false), INVERT(false);

    /**
     * The sizes of the largest changes.
     *
     * @param shear tangent of the shear angle
     * @param share translation as a share of the side, added to {@code pixels}
     * @param pixels translation in pixels
     * @param degrees rotation
     * @param factor difference of the factors of brightness, colour, contrast and sharpness from 1
     * @param kept number of bits that the weakest posterizing keeps
     * @param bits number of these bits that the strongest one drops
     */
    record Limits(double shear, double share, double pixels, double degrees, double factor, int kept, int bits) {
        /** The limits of AutoAugment and RandAugment. */
        static final Limits NARROW = new Limits(0.3, 150.0 / 331, 0, 30, 0.9, 8, 4);
        /** The limits of TrivialAugment. */
        static final Limits WIDE = new Limits(0.99, 0, 32, 135, 0.99, 8, 6);
        /** The limits of AugMix. */
        static final Limits MIXED = new Limits(0.3, 1.0 / 3, 0, 30, 0.9, 4, 4);

        Tensor move(Tensor strength, long side) { return strength.mul(share * side + pixels).trunc_(); }
    }

    /** True if the change has two directions, so that the sign of the strength matters. */
    final boolean signed;

    Operation(boolean signed) { this.signed = signed; }

    /**
     * Applies this change; the result may be {@code x} itself.
     *
     * @param strength float64 {@code [N]} on the CPU
     */
    Tensor apply(Tensor x, Tensor strength, Limits limits, Interpolation interpolation, double fill) {
        Tensor inverse = inverse(x.size(2), x.size(3), strength, limits);
        if (inverse != null) return Geometry.warp(x, inverse, interpolation, fill);
        Tensor factor = strength.mul(limits.factor).add_(1);
        return switch (this) {
            case BRIGHTNESS -> Colors.brightness(x, factor);
            case COLOR -> Colors.saturation(x, factor);
            case CONTRAST -> Colors.contrast(x, factor);
            case SHARPNESS -> Filters.sharpness(x, factor);
            case POSTERIZE -> Colors.posterize(x, strength.mul(limits.bits).rsub(limits.kept).round_());
            case SOLARIZE -> Colors.solarize(x, strength.rsub(1).mul_(Images.white(x)));
            case AUTO_CONTRAST -> Colors.autoContrast(x);
            case EQUALIZE -> Colors.equalize(x);
            case INVERT -> Colors.invert(x);
            default -> x;
        };
    }

    /** Returns the map of {@link Geometry#inverse}, or null if the change is not geometric. */
    private @Nullable Tensor inverse(long height, long width, Tensor strength, Limits limits) {
        Tensor zero = Aten.zeros(new long[] {1}, DType.FLOAT64), one = zero.add(1);
        return switch (this) {
            case SHEAR_X -> Geometry.inverse(zero, zero, zero, one, strength.mul(limits.shear).atan_(), zero, -width * 0.5, -height * 0.5);
            case SHEAR_Y -> Geometry.inverse(zero, zero, zero, one, zero, strength.mul(limits.shear).atan_(), -width * 0.5, -height * 0.5);
            case TRANSLATE_X -> Geometry.inverse(zero, limits.move(strength, width), zero, one, zero, zero, 0, 0);
            case TRANSLATE_Y -> Geometry.inverse(zero, zero, limits.move(strength, height), one, zero, zero, 0, 0);
            case ROTATE -> Geometry.inverse(strength.mul(-limits.degrees).deg2rad_(), zero, zero, one, zero, zero, 0, 0);
            default -> null;
        };
    }

    /**
     * Applies to every image the change whose ordinal is in {@code choice}, with a random sign if it has two directions.
     *
     * @param choice int64 {@code [N]} on the CPU
     * @param strength float64 {@code [N]} on the CPU
     * @param coin float64 {@code [N]} on the CPU, uniform in [0, 1); decides the sign
     */
    static Tensor perImage(Tensor batch, Tensor choice, Tensor strength, Tensor coin, Limits limits, Interpolation interpolation,
            double fill) {
        Operation[] all = values();
        Tensor signed = strength.mul(coin.ge(0.5).mul(2).sub_(1));
        return Groups.apply(batch, choice, all.length, (c, images, rows) -> all[c].apply(images,
                (all[c].signed ? signed : strength).indexSelect(0, rows), limits, interpolation, fill));
    }
}
