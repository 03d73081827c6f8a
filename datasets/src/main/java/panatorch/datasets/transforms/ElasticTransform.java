package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Moves every pixel by a random displacement that is smooth over the image, as water does (Simard et al., 2003). {@code [N, C, H, W]},
 * uint8 or floating-point numbers; the result has the same shape and dtype. The displacements are drawn for each image: uniform in [−α, α]
 * half pixels, and then blurred.
 *
 * @param alpha size of the displacements before they are blurred
 * @param sigma standard deviation of the blur in pixels, 0 for none; each side must be longer than 4σ + 1 pixels
 * @param interpolation interpolation between pixels
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record ElasticTransform(double alpha, double sigma, Interpolation interpolation, double fill) implements Transform {
    public ElasticTransform {
        if (!(alpha >= 0 && sigma >= 0) || Double.isInfinite(alpha) || Double.isInfinite(sigma))
            throw new IllegalArgumentException("alpha and sigma must not be negative, but are " + alpha + " and " + sigma);
    }

    /** Makes the transform with α 50 and σ 5, bilinear, black outside the image. */
    public ElasticTransform() {
        this(50, 5, Interpolation.BILINEAR, 0);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.numbers(batch);
        if (batch.numel() == 0) return batch;
        return Images.scoped(() -> {
            Tensor right = smooth(shape, generator).mul_(alpha / shape[3]), down = smooth(shape, generator).mul_(alpha / shape[2]);
            return Geometry.displace(batch, Aten.stack(List.of(right, down), 3), interpolation, fill);
        });
    }

    private Tensor smooth(long[] shape, Generator generator) {
        Tensor noise = Aten.rand(new long[] {shape[0], 1, shape[2], shape[3]}, generator).mul_(2).sub_(1);
        int size = (int) (8 * sigma + 1) | 1;
        Tensor smooth = sigma == 0 ? noise : Filters.gaussianBlur(noise, size, Aten.full(new long[] {1}, sigma).expand(shape[0]));
        return smooth.squeeze(1);
    }
}
