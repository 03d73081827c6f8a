package panatorch.vision.ops;

import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Intersection over union of rotated boxes: the corners of an intersection are the crossings of the boxes' edges and the corners that lie
 * in the other box; sorted around their mean they give its area. No gradients.
 */
final class RotatedIou {
    /** Room for rounding where a corner lies on an edge, relative to the squared length of the box's side. */
    private static final double EPS = 1e-9;
    private static final int CORNERS = 4, POINTS = CORNERS * CORNERS + 2 * CORNERS;

    private RotatedIou() {}

    /**
     * Returns the overlap of every box of one set with every box of another.
     *
     * @param boxes1 boxes {@code cx, cy, w, h, r} [..., N, 5]
     * @param boxes2 boxes {@code cx, cy, w, h, r} [..., M, 5]
     * @return [..., N, M] in the type of {@code boxes1}
     */
    static Tensor of(Tensor boxes1, Tensor boxes2) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor a = boxes1.detach().to(DType.FLOAT64), b = boxes2.detach().to(DType.FLOAT64);
            Tensor p = corners(a).unsqueeze(-3), q = corners(b).unsqueeze(-4); // [..., N, 1, 4, 2], [..., 1, M, 4, 2]
            Tensor both = intersection(p, q), union = area(a).unsqueeze(-1).add(area(b).unsqueeze(-2)).sub(both);
            Tensor iou = Aten.where(union.gt(0), both.div(union), 0);
            return scope.move(iou.to(boxes1.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32));
        }
    }

    private static Tensor area(Tensor boxes) { return boxes.select(-1, 2).mul(boxes.select(-1, 3)); }

    private static Tensor corners(Tensor boxes) {
        Tensor points = RotatedBoxes.convert(boxes, BoxFormat.CXCYWHR, BoxFormat.XYXYXYXY);
        long[] shape = boxes.shape();
        long[] split = Arrays.copyOf(shape, shape.length + 1);
        split[shape.length - 1] = CORNERS;
        split[shape.length] = 2;
        return points.reshape(split);
    }

    private static Tensor intersection(Tensor p, Tensor q) {
        Tensor alongP = next(p).sub(p).unsqueeze(-2), alongQ = next(q).sub(q).unsqueeze(-3);
        Tensor apart = q.unsqueeze(-3).sub(p.unsqueeze(-2)), turn = cross(alongP, alongQ); // [..., N, M, 4, 4, 2], [..., N, M, 4, 4]
        Tensor onP = cross(apart, alongQ).div(turn), onQ = cross(apart, alongP).div(turn);
        Tensor crossing = between(onP).logicalAnd(between(onQ)).logicalAnd(turn.abs().gt(0));
        Tensor places = p.unsqueeze(-2).add(onP.unsqueeze(-1).mul(alongP));

        long[] pairs = Arrays.copyOf(crossing.shape(), (int) crossing.dim() - 2);
        Tensor points = Aten.cat(List.of(places.flatten(-3, -2), p.expand(with(pairs, CORNERS, 2)), q.expand(with(pairs, CORNERS, 2))), -2);
        Tensor valid = Aten.cat(List.of(crossing.flatten(-2, -1), inside(p, q), inside(q, p)), -1);

        Tensor count = valid.sum(-1), known = Aten.where(valid.unsqueeze(-1), points, 0);
        Tensor mean = known.sum(-2).div(count.clampMin(1).unsqueeze(-1)), around = known.sub(mean.unsqueeze(-2));
        Tensor angle = Aten.where(valid, around.select(-1, 1).atan2(around.select(-1, 0)), 2 * Math.PI);
        Tensor order = angle.argsort(-1), last = valid.gather(-1, order).unsqueeze(-1);
        Tensor sorted = around.gather(-2, order.unsqueeze(-1).expand(with(pairs, POINTS, 2)));
        Tensor closed = Aten.where(last, sorted, sorted.narrow(-2, 0, 1)); // what is no corner repeats the first one
        return Aten.where(count.gt(2), cross(closed, next(closed)).sum(-1).abs().div(2), 0);
    }

    private static Tensor next(Tensor corners) { return corners.roll(new long[] {-1}, -2); }

    private static Tensor cross(Tensor a, Tensor b) {
        return a.select(-1, 0).mul(b.select(-1, 1)).sub(a.select(-1, 1).mul(b.select(-1, 0)));
    }

    private static Tensor between(Tensor t) { return t.ge(0).logicalAnd(t.le(1)); }

    /** Returns whether each corner of the first boxes lies in the second box: [..., N, M, 4]. */
    private static Tensor inside(Tensor corners, Tensor box) {
        Tensor origin = box.narrow(-2, 0, 1), from = corners.sub(origin);
        return along(from, box.narrow(-2, 1, 1).sub(origin)).logicalAnd(along(from, box.narrow(-2, 3, 1).sub(origin)));
    }

    private static Tensor along(Tensor from, Tensor side) {
        Tensor length = side.mul(side).sum(-1), part = from.mul(side).sum(-1);
        return part.ge(length.mul(-EPS)).logicalAnd(part.le(length.mul(1 + EPS)));
    }

    private static long[] with(long[] pairs, long points, long numbers) {
        long[] shape = Arrays.copyOf(pairs, pairs.length + 2);
        shape[pairs.length] = points;
        shape[pairs.length + 1] = numbers;
        return shape;
    }
}
