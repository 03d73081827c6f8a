package panatorch.datasets.transforms;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A transform that moves pixels, and boxes, masks and keypoints with them. A box becomes the smallest upright box around its moved corners,
 * cut at the edges of the image, as in torchvision; {@link SanitizeBoundingBoxes} removes those of which nothing is left.
 */
public interface GeometricTransform extends Transform {
    /**
     * Draws the random numbers for a batch.
     *
     * @param n number of images, at least 1
     * @param height height of the images
     * @param width width of the images
     * @param generator source of all random numbers
     * @return what happens to the batch; its tensors belong to the current scope
     */
    Movement draw(long n, long height, long width, Generator generator);

    @Override default Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.shape(batch);
        return Images.scoped(() -> {
            Movement movement = draw(Math.max(1, shape[0]), shape[2], shape[3], generator);
            return batch.numel() == 0 ? batch.newEmpty(shape[0], shape[1], movement.height(), movement.width())
                    : movement.images().apply(batch);
        });
    }

    @Override default Annotated apply(Annotated sample, Generator generator) {
        try (var scope = Scope.open()) {
            Movement m = draw(1, sample.image().size(1), sample.image().size(2), generator);
            Tensor image = m.images().apply(sample.image().unsqueeze(0)).squeeze(0), keypoints = sample.keypoints();
            return new Annotated(image, moveBoxes(m, sample.boxes()), moveMasks(m, sample.masks()),
                    keypoints == null ? null : m.points().apply(keypoints.reshape(-1, 2)).view(keypoints.shape()), sample.labels())
                    .movedFrom(scope);
        }
    }

    private static @Nullable Tensor moveBoxes(Movement m, @Nullable Tensor boxes) {
        if (boxes == null || boxes.size(0) == 0) return boxes;
        Tensor left = boxes.select(1, 0), top = boxes.select(1, 1), right = boxes.select(1, 2), bottom = boxes.select(1, 3);
        Tensor corners = Aten.stack(List.of(left, top, right, top, right, bottom, left, bottom), 1).view(-1, 2);
        Tensor moved = m.points().apply(corners).view(-1, 4, 2);
        Tensor x = moved.select(2, 0).clamp(0, m.width()), y = moved.select(2, 1).clamp(0, m.height());
        return Aten.stack(List.of(x.amin(1), y.amin(1), x.amax(1), y.amax(1)), 1);
    }

    private static @Nullable Tensor moveMasks(Movement m, @Nullable Tensor masks) {
        if (masks == null) return null;
        if (masks.numel() == 0) return masks.newEmpty(masks.size(0), m.height(), m.width());
        return m.masks().apply(masks.to(DType.UINT8).unsqueeze(0)).squeeze(0).to(masks.dtype());
    }
}
