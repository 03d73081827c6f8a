package panatorch.vision.ops;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Formats, areas and limits of bounding boxes, after {@code torchvision.ops.boxes}.
 *
 * <pre>{@code
 * Tensor corners = Boxes.boxConvert(predicted, BoxFormat.CXCYWH, BoxFormat.XYXY);
 * Tensor inside = Boxes.clipBoxesToImage(corners, 480, 640);
 * }</pre>
 */
public final class Boxes {
    private Boxes() {}

    /**
     * Converts boxes to another format. Rotated boxes of whole numbers are rounded to whole numbers again.
     *
     * @param boxes boxes [..., K], K as in {@link BoxFormat#numbers}
     * @return boxes in the other format, a copy if it is the same
     * @throws IllegalArgumentException if one format is rotated and the other is not
     */
    public static Tensor boxConvert(Tensor boxes, BoxFormat from, BoxFormat to) {
        from.checked(boxes);
        if (from == to) return boxes.clone();
        if (from.isRotated() != to.isRotated())
            throw new IllegalArgumentException("boxes in the format " + from + " cannot be converted to " + to
                    + "; only formats that both rotate, or both do not, can be converted");
        try (var scope = Scope.open()) {
            return scope.move(from.isRotated() ? RotatedBoxes.convert(boxes, from, to) : ofCorners(corners(boxes, from), to));
        }
    }

    private static Tensor corners(Tensor boxes, BoxFormat from) {
        if (from == BoxFormat.XYXY) return boxes;
        List<Tensor> b = boxes.unbind(-1);
        Tensor x = b.get(0), y = b.get(1), w = b.get(2), h = b.get(3);
        if (from == BoxFormat.XYWH) return Aten.stack(List.of(x, y, x.add(w), y.add(h)), -1);
        return Aten.stack(List.of(x.sub(w.mul(0.5)), y.sub(h.mul(0.5)), x.add(w.mul(0.5)), y.add(h.mul(0.5))), -1);
    }

    private static Tensor ofCorners(Tensor corners, BoxFormat to) {
        if (to == BoxFormat.XYXY) return corners;
        List<Tensor> c = corners.unbind(-1);
        Tensor x1 = c.get(0), y1 = c.get(1), x2 = c.get(2), y2 = c.get(3);
        boolean centre = to == BoxFormat.CXCYWH;
        return Aten.stack(List.of(centre ? x1.add(x2).div(2) : x1, centre ? y1.add(y2).div(2) : y1, x2.sub(x1), y2.sub(y1)), -1);
    }

    /** Returns the areas of boxes {@code x1, y1, x2, y2}: [..., 4] → [...]. */
    public static Tensor boxArea(Tensor boxes) {
        return boxArea(boxes, BoxFormat.XYXY);
    }

    /**
     * Returns the areas of boxes. float16 and bfloat16 become float32, and small integers int32, so that products do not overflow.
     *
     * @param boxes boxes [..., 4]
     * @param format a format that does not rotate
     * @return areas [...]
     */
    public static Tensor boxArea(Tensor boxes, BoxFormat format) {
        upright(format).checked(boxes);
        try (var scope = Scope.open()) {
            List<Tensor> b = upcast(boxes).unbind(-1);
            boolean corners = format == BoxFormat.XYXY;
            Tensor w = corners ? b.get(2).sub(b.get(0)) : b.get(2), h = corners ? b.get(3).sub(b.get(1)) : b.get(3);
            return scope.move(w.mul(h));
        }
    }

    static BoxFormat upright(BoxFormat format) {
        if (format.isRotated())
            throw new IllegalArgumentException("the format " + format + " rotates boxes; xyxy, xywh and cxcywh are supported here");
        return format;
    }

    /**
     * Clips coordinates to an image.
     *
     * @param boxes corners of boxes [..., 4] or [..., 8], x and y in turn
     * @param height height of the image
     * @param width width of the image
     */
    public static Tensor clipBoxesToImage(Tensor boxes, long height, long width) {
        if (boxes.dim() == 0 || boxes.size(-1) % 2 != 0)
            throw new IllegalArgumentException("boxes are [..., 4] or [..., 8], not " + boxes.describe());
        try (var scope = Scope.open()) {
            Tensor x = boxes.slice(-1, 0, Long.MAX_VALUE, 2).clamp(0, width), y = boxes.slice(-1, 1, Long.MAX_VALUE, 2).clamp(0, height);
            return scope.move(Aten.stack(List.of(x, y), -1).reshape(boxes.shape()));
        }
    }

    /**
     * Finds the boxes both of whose sides have a minimal length.
     *
     * @param boxes boxes {@code x1, y1, x2, y2} [N, 4]
     * @return int64 [K], the indices of those boxes
     */
    public static Tensor removeSmallBoxes(Tensor boxes, double minSize) {
        BoxFormat.XYXY.checked(boxes);
        try (var scope = Scope.open()) {
            List<Tensor> b = boxes.unbind(-1);
            Tensor large = b.get(2).sub(b.get(0)).ge(minSize).logicalAnd(b.get(3).sub(b.get(1)).ge(minSize));
            return scope.move(Aten.where(large).getFirst());
        }
    }

    /**
     * Returns the smallest boxes around masks. The right and bottom edges are those of the last pixels, not behind them.
     *
     * @param masks masks [N, H, W] of any type; a pixel is inside where its number is not 0
     * @return boxes {@code x1, y1, x2, y2} [N, 4] as float32; zeros for an empty mask
     */
    public static Tensor masksToBoxes(Tensor masks) {
        if (masks.dim() != 3) throw new IllegalArgumentException("masks are [N, H, W], not " + masks.describe());
        if (masks.numel() == 0) return Torch.zeros(DType.FLOAT32, masks.device(), 0, 4);
        try (var scope = Scope.open()) {
            Tensor inside = masks.ne(0), rows = inside.any(2), columns = inside.any(1);
            var edges = List.of(first(columns), first(rows), last(columns), last(rows));
            Tensor empty = rows.any(1).logicalNot().unsqueeze(1);
            return scope.move(Aten.stack(edges, 1).to(DType.FLOAT32).maskedFill(empty, 0));
        }
    }

    private static Tensor first(Tensor lines) { return lines.to(DType.FLOAT32).argmax(1); }

    private static Tensor last(Tensor lines) { return first(lines.flip(1)).rsub(lines.size(1) - 1); }

    /**
     * Joins the boxes of all images to the form that the pooling of {@link RegionPooling} takes.
     *
     * @param boxes boxes {@code x1, y1, x2, y2} [L, 4] of each image in turn
     * @return regions [K, 5]: the image's index and the box
     */
    public static Tensor convertBoxesToRoiFormat(List<Tensor> boxes) {
        if (boxes.isEmpty()) throw new IllegalArgumentException("a list of boxes for each image is needed, but there is no image");
        try (var scope = Scope.open()) {
            var regions = new java.util.ArrayList<Tensor>();
            for (int i = 0; i < boxes.size(); i++) {
                Tensor own = boxes.get(i);
                if (own.dim() != 2 || own.size(1) != 4)
                    throw new IllegalArgumentException("the boxes of image " + i + " are [L, 4], not " + own.describe());
                regions.add(Aten.cat(List.of(own.narrow(1, 0, 1).fullLike(i), own), 1));
            }
            return scope.move(Aten.cat(regions));
        }
    }

    /** Converts to a type in which products of coordinates do not overflow. */
    static Tensor upcast(Tensor t) {
        DType type = t.dtype();
        if (type.isFloatingPoint()) return upcastToFloat(t);
        return type == DType.INT32 || type == DType.INT64 ? t : t.to(DType.INT32);
    }

    /** Converts to float32 what is neither float32 nor float64. */
    static Tensor upcastToFloat(Tensor t) {
        return t.dtype() == DType.FLOAT32 || t.dtype() == DType.FLOAT64 ? t : t.to(DType.FLOAT32);
    }

    /** Returns whether autocast exists for a device. */
    static boolean hasAutocast(Device device) {
        return device.type() == Device.Type.CPU || device.type() == Device.Type.CUDA;
    }
}
