package panatorch.datasets.transforms;

import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * An image and what is marked in it, which {@link Transform#apply(Annotated, Generator)} changes together; in torchvision the
 * {@code tv_tensors} of its {@code transforms.v2}.
 *
 * <pre>{@code
 * var augment = Compose.of(new RandomHorizontalFlip(0.5), RandomAffine.rotation(10), new Resize(480, 640),
 *         new SanitizeBoundingBoxes());
 * Annotated changed = augment.apply(Annotated.of(image).withBoxes(boxes).withLabels(labels), generator);
 * }</pre>
 *
 * <p>
 * Places are in pixels from the upper left corner of the image: the first pixel reaches from 0 to 1. An annotation that is not there is
 * null. The record owns nothing; results of transforms belong to the current scope.
 *
 * @param image {@code [C, H, W]}
 * @param boxes left, top, right and bottom of M objects, floating-point {@code [M, 4]}; other forms are converted by
 * {@code panatorch.vision.ops.Boxes}
 * @param masks which pixels belong to each object, bool or uint8 {@code [M, H, W]}
 * @param keypoints places of K points of each object, to the right and down, floating-point {@code [M, K, 2]}
 * @param labels anything else of each object, {@code [M, *]}
 */
public record Annotated(Tensor image, @Nullable Tensor boxes, @Nullable Tensor masks, @Nullable Tensor keypoints, @Nullable Tensor labels) {
    /** @throws IllegalArgumentException if a shape or type is not as above, or annotations are of different numbers of objects */
    public Annotated {
        if (image.dim() != 3)
            throw new IllegalArgumentException("an annotated image must have the shape [C, H, W], not " + image.describe());
        if (boxes != null && (boxes.dim() != 2 || boxes.size(1) != 4 || !boxes.dtype().isFloatingPoint()))
            throw new IllegalArgumentException("boxes must be floating-point numbers [M, 4], not " + boxes.describe());
        if (masks != null && (masks.dim() != 3 || masks.size(1) != image.size(1) || masks.size(2) != image.size(2)))
            throw new IllegalArgumentException(
                    "masks must be [M, H, W] of the image " + image.describe() + ", not " + masks.describe());
        if (keypoints != null && (keypoints.dim() != 3 || keypoints.size(2) != 2 || !keypoints.dtype().isFloatingPoint()))
            throw new IllegalArgumentException("keypoints must be floating-point numbers [M, K, 2], not " + keypoints.describe());
        if (labels != null && labels.dim() == 0) throw new IllegalArgumentException("labels must be [M, *], not " + labels.describe());
        Tensor first = null;
        for (Tensor t : new @Nullable Tensor[] {boxes, masks, keypoints, labels}) {
            if (t == null) continue;
            if (first != null && first.size(0) != t.size(0))
                throw new IllegalArgumentException(
                        "annotations must be of the same objects, but " + first.describe() + " and " + t.describe() + " are not");
            first = t;
        }
    }

    /** Returns an image in which nothing is marked. */
    public static Annotated of(Tensor image) {
        return new Annotated(image, null, null, null, null);
    }

    /** Returns this with other boxes. */
    public Annotated withBoxes(@Nullable Tensor boxes) {
        return new Annotated(image, boxes, masks, keypoints, labels);
    }

    /** Returns this with other masks. */
    public Annotated withMasks(@Nullable Tensor masks) {
        return new Annotated(image, boxes, masks, keypoints, labels);
    }

    /** Returns this with other keypoints. */
    public Annotated withKeypoints(@Nullable Tensor keypoints) {
        return new Annotated(image, boxes, masks, keypoints, labels);
    }

    /** Returns this with other labels. */
    public Annotated withLabels(@Nullable Tensor labels) {
        return new Annotated(image, boxes, masks, keypoints, labels);
    }

    /** Returns this with an image of the same size that a transform of images alone makes of this one. */
    Annotated withImageOf(Transform transform, Generator generator) {
        Tensor changed = Images.scoped(() -> transform.apply(image.unsqueeze(0), generator).squeeze(0));
        return new Annotated(changed, boxes, masks, keypoints, labels);
    }

    boolean isBare() { return boxes == null && masks == null && keypoints == null && labels == null; }

    /** Moves the tensors that a scope owns to the scope around it. */
    Annotated movedFrom(Scope scope) {
        return new Annotated(scope.move(image), moved(scope, boxes), moved(scope, masks), moved(scope, keypoints), moved(scope, labels));
    }

    private static @Nullable Tensor moved(Scope scope, @Nullable Tensor t) { return t == null ? null : scope.move(t); }
}
