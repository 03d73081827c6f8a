package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Applies one of several transforms to every image, drawn for each image, all equally likely. All transforms must give results of the same
 * size and dtype.
 */
public record RandomChoice(List<Transform> transforms) implements Transform {
    public RandomChoice {
        transforms = List.copyOf(transforms);
        if (transforms.isEmpty()) throw new IllegalArgumentException("there is no transform to choose from; pass at least one");
    }

    public static RandomChoice of(Transform... transforms) { return new RandomChoice(List.of(transforms)); }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.shape(batch)[0];
        return Images.scoped(() -> {
            Tensor choice = Aten.randint(transforms.size(), new long[] {n}, generator);
            return Groups.apply(batch, choice, transforms.size(), (c, images, rows) -> transforms.get(c).apply(images, generator));
        });
    }

    @Override public Annotated apply(Annotated sample, Generator generator) {
        long choice = Images.drawn(() -> Aten.randint(transforms.size(), new long[] {1}, generator));
        return transforms.get((int) choice).apply(sample, generator);
    }
}
