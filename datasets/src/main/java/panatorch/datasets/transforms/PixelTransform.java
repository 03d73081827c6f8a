package panatorch.datasets.transforms;

import panatorch.Generator;

/** A transform of colours, which moves no pixel: boxes, masks and keypoints stay as they are. */
public interface PixelTransform extends Transform {
    @Override default Annotated apply(Annotated sample, Generator generator) {
        return sample.withImageOf(this, generator);
    }
}
