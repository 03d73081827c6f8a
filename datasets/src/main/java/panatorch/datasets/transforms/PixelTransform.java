package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Scope;

/** A transform of colours, which moves no pixel: boxes, masks and keypoints stay as they are. */
public interface PixelTransform extends Transform {
    @Override default Annotated apply(Annotated sample, Generator generator) {
        try (var scope = Scope.open()) {
            return sample.withImage(scope.move(apply(sample.image().unsqueeze(0), generator).squeeze(0)));
        }
    }
}
