package panatorch.nn.dropout.distillation;

import java.util.Arrays;
import panatorch.Tensor;
import panatorch.nn.MaskSource;

/**
 * Sets pixels to 0 at random, to make more unlabelled examples of the training images (Bulò et al., 2016, section 5: with probability 0.2; the paper does not
 * say whether colours are dropped alone or together). The input is not changed. 0 is black only of images that are not normalised.
 *
 * @param p probability of a pixel to be set to 0, in [0, 1]
 * @param perChannel whether each channel of a pixel is drawn for itself; else all are kept or lost
 * @param masks from where the draws come
 */
public record Perturbation(double p, boolean perChannel, MaskSource masks) {
    public Perturbation {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the probability of a pixel to be dropped is between 0 and 1, not " + p);
    }

    /** A pixel's channels go together; draws from the global generator of the input's device. */
    public static Perturbation pixels(double p) { return new Perturbation(p, false, MaskSource.global()); }

    /** Every channel of a pixel goes alone; draws from the global generator of the input's device. */
    public static Perturbation channels(double p) { return new Perturbation(p, true, MaskSource.global()); }

    public Perturbation masks(MaskSource source) { return new Perturbation(p, perChannel, source); }

    /** @param input images [N, C, H, W], or rows [N, D], each of whose elements counts as a pixel; @return of the same shape and type */
    public Tensor apply(Tensor input) {
        if (p == 0) return input;
        long[] shape = input.shape();
        if (!perChannel && shape.length > 2) {
            shape = Arrays.copyOf(shape, shape.length);
            shape[1] = 1;
        }
        return input.mul(masks.mask(input, shape, p).ne(0)); // a mask is scaled, and pixels are not
    }
}
