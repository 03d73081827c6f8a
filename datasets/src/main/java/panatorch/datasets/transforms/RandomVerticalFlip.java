package panatorch.datasets.transforms;

import panatorch.Generator;

/** Turns every image upside down with probability {@code p}, drawn for each image: {@code [N, C, H, W]}, any dtype. */
public record RandomVerticalFlip(double p) implements GeometricTransform {
    public RandomVerticalFlip {
        Images.probability(p);
    }

    @Override public Movement draw(long n, long height, long width, Generator generator) {
        return RandomHorizontalFlip.mirror(n, height, width, p, false, generator);
    }
}
