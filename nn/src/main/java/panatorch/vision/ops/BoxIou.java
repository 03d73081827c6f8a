package panatorch.vision.ops;

import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Overlap of every box of one set with every box of another: intersection over union (IoU, the Jaccard index) and its variants, after
 * {@code torchvision.ops.boxes}. Boxes [..., N, 4] and [..., M, 4] give [..., N, M]. All are differentiable by both sets, except for
 * rotated boxes.
 */
public final class BoxIou {
    private BoxIou() {}

    private record Overlap(Tensor intersection, Tensor union) {
        Tensor ratio() { return intersection.div(union); }
    }

    /** Returns the intersection over union of boxes {@code x1, y1, x2, y2}. */
    public static Tensor boxIou(Tensor boxes1, Tensor boxes2) {
        return boxIou(boxes1, boxes2, BoxFormat.XYXY);
    }

    /**
     * Returns the intersection over union of boxes.
     *
     * @param boxes1 boxes [..., N, K], K as in {@link BoxFormat#numbers}
     * @param boxes2 boxes [..., M, K]
     * @param format the format of both sets; rotated boxes have no gradients
     * @return [..., N, M]
     */
    public static Tensor boxIou(Tensor boxes1, Tensor boxes2, BoxFormat format) {
        try (var scope = Scope.open()) {
            if (format.isRotated())
                return scope.move(RotatedIou.of(Boxes.boxConvert(boxes1, format, BoxFormat.CXCYWHR),
                        Boxes.boxConvert(boxes2, format, BoxFormat.CXCYWHR)));
            return scope.move(overlap(boxes1, boxes2, format).ratio());
        }
    }

    /**
     * Returns the generalised intersection over union of boxes {@code x1, y1, x2, y2} (Rezatofighi et al., 2019, arXiv:1902.09630): less by
     * the part of the smallest enclosing box that neither box covers.
     */
    public static Tensor generalizedBoxIou(Tensor boxes1, Tensor boxes2) {
        try (var scope = Scope.open()) {
            Overlap o = overlap(boxes1, boxes2, BoxFormat.XYXY);
            Tensor sides = enclosing(boxes1, boxes2), area = sides.select(-1, 0).mul(sides.select(-1, 1));
            return scope.move(o.ratio().sub(area.sub(o.union).div(area)));
        }
    }

    /** Returns {@link #distanceBoxIou(Tensor, Tensor, double)} with ε 1e-7. */
    public static Tensor distanceBoxIou(Tensor boxes1, Tensor boxes2) {
        return distanceBoxIou(boxes1, boxes2, 1e-7);
    }

    /**
     * Returns the distance intersection over union of boxes {@code x1, y1, x2, y2} (Zheng et al., 2019, arXiv:1911.08287): less by the
     * squared distance of the centres, divided by the squared diagonal of the smallest enclosing box.
     *
     * @param eps number added to the squared diagonal
     */
    public static Tensor distanceBoxIou(Tensor boxes1, Tensor boxes2, double eps) {
        try (var scope = Scope.open()) {
            Tensor a = Boxes.upcast(boxes1), b = Boxes.upcast(boxes2);
            return scope.move(boxIou(a, b).sub(distance(a, b, eps)));
        }
    }

    /** Returns {@link #completeBoxIou(Tensor, Tensor, double)} with ε 1e-7. */
    public static Tensor completeBoxIou(Tensor boxes1, Tensor boxes2) {
        return completeBoxIou(boxes1, boxes2, 1e-7);
    }

    /**
     * Returns the complete intersection over union of boxes {@code x1, y1, x2, y2} (Zheng et al., 2019, arXiv:1911.08287): that by distance
     * ({@link #distanceBoxIou}), less by a measure of how much the aspect ratios differ.
     *
     * @param eps number added to denominators
     */
    public static Tensor completeBoxIou(Tensor boxes1, Tensor boxes2, double eps) {
        try (var scope = Scope.open()) {
            Tensor a = Boxes.upcast(boxes1), b = Boxes.upcast(boxes2), iou = boxIou(a, b);
            Tensor v = angle(a).unsqueeze(-1).sub(angle(b).unsqueeze(-2)).pow(2).mul(4 / (Math.PI * Math.PI)), alpha;
            try (var noGrad = NoGrad.enter()) {
                alpha = v.div(iou.rsub(1).add(v).add(eps));
            }
            return scope.move(iou.sub(distance(a, b, eps)).sub(alpha.mul(v)));
        }
    }

    private static Overlap overlap(Tensor boxes1, Tensor boxes2, BoxFormat format) {
        Tensor areas1 = Boxes.boxArea(boxes1, format), areas2 = Boxes.boxArea(boxes2, format);
        Tensor low = low(boxes1, format).unsqueeze(-2).maximum(low(boxes2, format).unsqueeze(-3));
        Tensor high = high(boxes1, format).unsqueeze(-2).minimum(high(boxes2, format).unsqueeze(-3));
        Tensor sides = Boxes.upcast(high.sub(low)).clampMin(0), intersection = sides.select(-1, 0).mul(sides.select(-1, 1));
        return new Overlap(intersection, areas1.unsqueeze(-1).add(areas2.unsqueeze(-2)).sub(intersection));
    }

    /** Returns the left and top edges [..., 2]. */
    private static Tensor low(Tensor boxes, BoxFormat format) {
        Tensor point = boxes.narrow(-1, 0, 2);
        return format == BoxFormat.CXCYWH ? point.sub(boxes.narrow(-1, 2, 2).div(2)) : point;
    }

    /** Returns the right and bottom edges [..., 2]. */
    private static Tensor high(Tensor boxes, BoxFormat format) {
        Tensor point = boxes.narrow(-1, 0, 2), rest = boxes.narrow(-1, 2, 2);
        return switch (format) {
            case XYWH -> point.add(rest);
            case CXCYWH -> point.add(rest.div(2));
            default -> rest;
        };
    }

    /** Returns width and height [..., N, M, 2] of the smallest box around each pair. */
    private static Tensor enclosing(Tensor boxes1, Tensor boxes2) {
        Tensor low = boxes1.narrow(-1, 0, 2).unsqueeze(-2).minimum(boxes2.narrow(-1, 0, 2).unsqueeze(-3));
        Tensor high = boxes1.narrow(-1, 2, 2).unsqueeze(-2).maximum(boxes2.narrow(-1, 2, 2).unsqueeze(-3));
        return Boxes.upcast(high.sub(low)).clampMin(0);
    }

    /** Returns the squared distance of the centres, divided by the squared diagonal of the enclosing box. */
    private static Tensor distance(Tensor boxes1, Tensor boxes2, double eps) {
        Tensor sides = enclosing(boxes1, boxes2);
        Tensor diagonal = sides.select(-1, 0).pow(2).add(sides.select(-1, 1).pow(2)).add(eps);
        Tensor apart = Boxes.upcast(centre(boxes1).unsqueeze(-2).sub(centre(boxes2).unsqueeze(-3))).pow(2);
        return apart.select(-1, 0).add(apart.select(-1, 1)).div(diagonal);
    }

    private static Tensor centre(Tensor boxes) { return boxes.narrow(-1, 0, 2).add(boxes.narrow(-1, 2, 2)).div(2); }

    /** Returns the angles [..., N] of the diagonals, from the vertical. */
    private static Tensor angle(Tensor boxes) {
        Tensor sides = boxes.narrow(-1, 2, 2).sub(boxes.narrow(-1, 0, 2));
        return sides.select(-1, 0).div(sides.select(-1, 1)).atan();
    }
}
