package panatorch.vision.ops;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** Conversions between the formats of rotated boxes, all by way of {@link BoxFormat#XYWHR}. */
final class RotatedBoxes {
    private RotatedBoxes() {}

    static Tensor convert(Tensor boxes, BoxFormat from, BoxFormat to) {
        Tensor corner = switch (from) {
            case CXCYWHR -> shifted(boxes, -1);
            case XYXYXYXY -> ofCorners(boxes);
            default -> boxes;
        };
        return switch (to) {
            case CXCYWHR -> shifted(corner, 1);
            case XYXYXYXY -> corners(corner);
            default -> corner;
        };
    }

    /** Moves the first point by half a diagonal: from the corner to the centre if {@code sign} is 1, and back if it is -1. */
    private static Tensor shifted(Tensor boxes, int sign) {
        List<Tensor> b = boxes.unbind(-1);
        Tensor w = b.get(2).div(2), h = b.get(3).div(2), r = b.get(4), angle = radians(r), cos = angle.cos(), sin = angle.sin();
        Tensor x = b.get(0).add(w.mul(cos), sign).add(h.mul(sin), sign), y = b.get(1).sub(w.mul(sin), sign).add(h.mul(cos), sign);
        return as(boxes, x, y, b.get(2), b.get(3), r);
    }

    private static Tensor corners(Tensor boxes) {
        List<Tensor> b = boxes.unbind(-1);
        Tensor x1 = b.get(0), y1 = b.get(1), w = b.get(2), h = b.get(3), angle = radians(b.get(4)), cos = angle.cos(), sin = angle.sin();
        Tensor x2 = x1.add(w.mul(cos)), y2 = y1.sub(w.mul(sin));
        return as(boxes, x1, y1, x2, y2, x2.add(h.mul(sin)), y2.add(h.mul(cos)), x1.add(h.mul(sin)), y1.add(h.mul(cos)));
    }

    private static Tensor ofCorners(Tensor boxes) {
        List<Tensor> b = boxes.unbind(-1);
        Tensor x1 = b.get(0), y1 = b.get(1), x2 = b.get(2), y2 = b.get(3), x3 = b.get(4), y3 = b.get(5);
        Tensor degrees = y1.sub(y2).atan2(x2.sub(x1)).mul(180).div(Math.PI);
        Tensor w = x2.sub(x1).pow(2).add(y1.sub(y2).pow(2)).sqrt(), h = x3.sub(x2).pow(2).add(y3.sub(y2).pow(2)).sqrt();
        return as(boxes, x1, y1, w, h, degrees);
    }

    private static Tensor radians(Tensor degrees) { return degrees.mul(Math.PI).div(180); }

    private static Tensor as(Tensor boxes, Tensor... numbers) {
        Tensor joined = Aten.stack(List.of(numbers), -1);
        return boxes.dtype().isFloatingPoint() ? joined : joined.round().to(boxes.dtype());
    }
}
