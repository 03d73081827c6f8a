package panatorch.nn.functional;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Samples an image at the points of a grid (Jaderberg et al., 2015, arXiv:1506.02025), as {@code torch.nn.functional.grid_sample}.
 *
 * <pre>{@code
 * Tensor grid = Aten.affineGridGenerator(theta, images.shape(), false);
 * Tensor moved = GridSample.bilinear().apply(images, grid);
 * }</pre>
 *
 * @param mode interpolation between elements
 * @param padding values beyond the edges
 * @param alignCorners whether -1 and 1 are the centres of the corner elements instead of their outer edges
 */
public record GridSample(Mode mode, Padding padding, boolean alignCorners) {
    /** The interpolation between elements, in libtorch's order. */
    public enum Mode {
        BILINEAR, NEAREST, BICUBIC
    }

    /** The values beyond the edges, in libtorch's order. */
    public enum Padding {
        ZEROS, BORDER, REFLECTION
    }

    public static GridSample bilinear() { return new GridSample(Mode.BILINEAR, Padding.ZEROS, false); }

    /**
     * Samples the input.
     *
     * @param input images [N, C, H, W] or [N, C, D, H, W]
     * @param grid points [N, h, w, 2] or [N, d, h, w, 3], x first, from -1 to 1
     * @return [N, C, h, w] or [N, C, d, h, w]
     */
    public Tensor apply(Tensor input, Tensor grid) {
        return Aten.gridSampler(input, grid, mode.ordinal(), padding.ordinal(), alignCorners);
    }
}
