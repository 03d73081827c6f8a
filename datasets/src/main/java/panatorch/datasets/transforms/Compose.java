package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;

/** Applies several transforms, one after the other. */
public record Compose(List<Transform> transforms) implements Transform {
    public Compose {
        transforms = List.copyOf(transforms);
    }

    public static Compose of(Transform... transforms) { return new Compose(List.of(transforms)); }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        try (var scope = Scope.open()) {
            Tensor result = batch;
            for (Transform t : transforms) result = t.apply(result, generator);
            return scope.move(result);
        }
    }

    @Override public Annotated apply(Annotated sample, Generator generator) {
        try (var scope = Scope.open()) {
            Annotated result = sample;
            for (Transform t : transforms) result = t.apply(result, generator);
            return result.movedFrom(scope);
        }
    }
}
