package panatorch.datasets;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * An image with the objects that were found in it, as {@link CocoDetection} and {@link VocDetection} read them. Its tensors belong to the
 * scope in which it was made.
 *
 * @param image uint8 {@code [3, H, W]}, or another type and other channels after a transform
 * @param boxes float32 {@code [M, 4]}: left, top, right and bottom edge of each object in pixels; M may be 0
 * @param labels int64 {@code [M]}
 * @param masks uint8 or bool {@code [M, H, W]}, one for each object; null if there are none
 * @param details what else is known about the image and its objects, by name; see the dataset
 */
public record Detection(Tensor image, Tensor boxes, Tensor labels, @Nullable Tensor masks, SequencedMap<String, Object> details) {
    /** Checks the shapes. */
    public Detection {
        if (image.dim() != 3) throw new IllegalArgumentException("an image must be [C, H, W], but is " + image.describe());
        if (boxes.dim() != 2 || boxes.size(1) != 4)
            throw new IllegalArgumentException("boxes must be [M, 4], but are " + boxes.describe());
        long objects = boxes.size(0);
        if (labels.dim() != 1 || labels.size(0) != objects)
            throw new IllegalArgumentException("labels must be [" + objects + "], one for each box, but are " + labels.describe());
        if (masks != null && !Arrays.equals(masks.shape(), new long[] {objects, image.size(1), image.size(2)}))
            throw new IllegalArgumentException("masks must be [" + objects + ", " + image.size(1) + ", " + image.size(2)
                    + "], one for each box with the image's size, but are " + masks.describe());
        details = new LinkedHashMap<>(details);
    }

    /** Makes an item without masks and details. */
    public static Detection of(Tensor image, Tensor boxes, Tensor labels) {
        return new Detection(image, boxes, labels, null, new LinkedHashMap<>());
    }

    /** Returns float32 {@code [M, 4]} of the numbers of M boxes. */
    static Tensor boxes(float[] edges) {
        return Torch.tensor(edges, edges.length / 4, 4);
    }

    /**
     * Returns a function that collates items to lists with one element for each image: {@code images}, {@code boxes}, {@code labels},
     * {@code masks} if all have them, and the details by their names. This is the form that detection models take.
     *
     * <pre>{@code
     * var loader = DataLoader.of(coco, 2, Detection.lists()).build();      // batch.list("images"), batch.list("boxes"), …
     * }</pre>
     */
    public static Collate<Detection> lists() {
        return items -> {
            var values = new LinkedHashMap<String, Object>();
            values.put("images", items.stream().map(Detection::image).toList());
            values.put("boxes", items.stream().map(Detection::boxes).toList());
            values.put("labels", items.stream().map(Detection::labels).toList());
            List<@Nullable Tensor> masks = items.stream().<@Nullable Tensor>map(Detection::masks).toList();
            if (masks.stream().allMatch(mask -> mask != null)) values.put("masks", masks);
            for (String name : items.getFirst().details().keySet())
                if (items.stream().allMatch(item -> item.details().containsKey(name)))
                    values.put(name, items.stream().map(item -> item.details().get(name)).toList());
            return values;
        };
    }
}
