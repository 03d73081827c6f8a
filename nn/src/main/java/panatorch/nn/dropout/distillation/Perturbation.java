package panatorch.nn.dropout.distillation;

import java.util.Arrays;
import panatorch.Tensor;
import panatorch.nn.MaskSource;

/**
 * Sets pixels to 0 at random, to make more unlabelled examples of the training images (Bulò et al., 2016, section 5, with probability 0.2).
 * The paper does not say whether the channels of a pixel are dropped alone or together. The input is not changed. Note that 0 is black only
 * in images that are not normalised.
 *
 * @param p probability of setting a pixel to 0, in [0, 1]
 * @param perChannel whether each channel of a pixel is drawn by itself; otherwise all are kept or dropped together
 * @param masks source of the random numbers
 */
public record Perturbation(double p, boolean perChannel, MaskSource masks) {
    public Perturbation {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the probability of dropping a pixel has to be in [0, 1], not " + p);
    }

    /** Drops all channels of a pixel together. Draws from the global generator of the input's device. */
    public static Perturbation pixels(double p) {
        return new Perturbation(p, false, MaskSource.global());
    }

    /** Drops every channel of a pixel by itself. Draws from the global generator of the input's device. */
    public static Perturbation channels(double p) {
        return new Perturbation(p, true, MaskSource.global());
    }

    public Perturbation masks(MaskSource source) { return new Perturbation(p, perChannel, source); }

    /**
     * Returns the perturbed input, of the same shape and type.
     *
     * @param input images [N, C, H, W], or rows [N, D] whose elements each count as a pixel
     */
    public Tensor apply(Tensor input) {
        if (p == 0) return input;
        long[] shape = input.shape();
        if (!perChannel && shape.length > 2) {
            shape = Arrays.copyOf(shape, shape.length);
            shape[1] = 1;
        }
        return input.mul(masks.mask(input, shape, p).ne(0)); // masks are scaled, pixels must not be
    }
}
