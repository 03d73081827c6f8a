package panatorch.datasets.transforms;

import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Removes objects whose box has become too small, as where a crop left nothing of them, with their masks, keypoints and labels. Images stay
 * as they are. Draws no random numbers.
 *
 * @param minSize least width and height of a box, in pixels
 * @param minArea least area of a box, in pixels
 */
public record SanitizeBoundingBoxes(double minSize, double minArea) implements Transform {
    public SanitizeBoundingBoxes {
        if (!(minSize >= 0 && minArea >= 0))
            throw new IllegalArgumentException("a least size must not be negative, but they are " + minSize + " and " + minArea);
    }

    /** Makes the transform that removes boxes less than a pixel wide or high, or of less than a pixel's area. */
    public SanitizeBoundingBoxes() {
        this(1, 1);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) { return batch; }

    /** @throws IllegalArgumentException if the image has no boxes */
    @Override public Annotated apply(Annotated sample, Generator generator) {
        Tensor boxes = sample.boxes();
        if (boxes == null) throw new IllegalArgumentException("an image without boxes has none to remove; pass them by withBoxes");
        try (var scope = Scope.open()) {
            Tensor size = boxes.narrow(1, 2, 2).sub(boxes.narrow(1, 0, 2));
            Tensor kept = size.ge(minSize).all(1).logicalAnd(size.prod(1).ge(minArea)).nonzero().squeeze(1);
            return new Annotated(sample.image(), rows(boxes, kept), rows(sample.masks(), kept), rows(sample.keypoints(), kept),
                    rows(sample.labels(), kept)).movedFrom(scope);
        }
    }

    private static @Nullable Tensor rows(@Nullable Tensor t, Tensor kept) {
        return t == null ? null : t.indexSelect(0, kept.to(t.device()));
    }
}
