package panatorch.vision.ops;

import java.util.List;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Losses of object detection, after {@code torchvision.ops}. The box losses compare boxes {@code x1, y1, x2, y2} [..., 4] one by one; both
 * sets have the same shape. The mean of no boxes is 0.
 */
public final class DetectionLosses {
    private DetectionLosses() {}

    /** Returns {@link #sigmoidFocalLoss(Tensor, Tensor, double, double, Reduction)} of each element, with α 0.25 and γ 2. */
    public static Tensor sigmoidFocalLoss(Tensor inputs, Tensor targets) {
        return sigmoidFocalLoss(inputs, targets, 0.25, 2, Reduction.NONE);
    }

    /**
     * Returns the focal loss of RetinaNet (Lin et al., 2017, arXiv:1708.02002): binary cross-entropy times (1 − p)^γ, where p is the
     * probability of the right answer.
     *
     * @param inputs logits of any shape
     * @param targets 0 or 1 for each logit, as floating-point numbers
     * @param alpha weight of positive examples, in [0, 1], beside 1 − α for negative ones; -1 for no weights
     * @param gamma exponent that makes easy examples count less
     */
    public static Tensor sigmoidFocalLoss(Tensor inputs, Tensor targets, double alpha, double gamma, Reduction reduction) {
        if (!(alpha >= 0 && alpha <= 1) && alpha != -1)
            throw new IllegalArgumentException("alpha must be in [0, 1], or -1 for no weights, not " + alpha);
        try (var scope = Scope.open()) {
            Tensor p = inputs.sigmoid(), others = targets.rsub(1);
            Tensor entropy = inputs.binaryCrossEntropyWithLogits(targets, null, null, Reduction.NONE.ordinal());
            Tensor right = p.mul(targets).add(p.rsub(1).mul(others)), loss = entropy.mul(right.rsub(1).pow(gamma));
            if (alpha >= 0) loss = targets.mul(alpha).add(others.mul(1 - alpha)).mul(loss);
            return scope.move(reduction.of(loss));
        }
    }

    /** Returns {@link #generalizedBoxIouLoss(Tensor, Tensor, Reduction, double)} with ε 1e-7. */
    public static Tensor generalizedBoxIouLoss(Tensor boxes1, Tensor boxes2, Reduction reduction) {
        return generalizedBoxIouLoss(boxes1, boxes2, reduction, 1e-7);
    }

    /**
     * Returns 1 − generalised intersection over union (Rezatofighi et al., 2019, arXiv:1902.09630).
     *
     * @param eps number added to denominators
     */
    public static Tensor generalizedBoxIouLoss(Tensor boxes1, Tensor boxes2, Reduction reduction, double eps) {
        try (var scope = Scope.open()) {
            Pair p = Pair.of(boxes1, boxes2);
            Tensor area = p.width.mul(p.height), iou = p.intersection.div(p.union.add(eps));
            return scope.move(reduced(iou.sub(area.sub(p.union).div(area.add(eps))).rsub(1), reduction));
        }
    }

    /** Returns {@link #distanceBoxIouLoss(Tensor, Tensor, Reduction, double)} with ε 1e-7. */
    public static Tensor distanceBoxIouLoss(Tensor boxes1, Tensor boxes2, Reduction reduction) {
        return distanceBoxIouLoss(boxes1, boxes2, reduction, 1e-7);
    }

    /**
     * Returns 1 − intersection over union, and the squared distance of the centres relative to the diagonal of the smallest enclosing box
     * (Zheng et al., 2019, arXiv:1911.08287).
     *
     * @param eps number added to denominators
     */
    public static Tensor distanceBoxIouLoss(Tensor boxes1, Tensor boxes2, Reduction reduction, double eps) {
        try (var scope = Scope.open()) {
            return scope.move(reduced(Pair.of(boxes1, boxes2).distanceLoss(eps), reduction));
        }
    }

    /** Returns {@link #completeBoxIouLoss(Tensor, Tensor, Reduction, double)} with ε 1e-7. */
    public static Tensor completeBoxIouLoss(Tensor boxes1, Tensor boxes2, Reduction reduction) {
        return completeBoxIouLoss(boxes1, boxes2, reduction, 1e-7);
    }

    /**
     * Returns the loss by distance ({@link #distanceBoxIouLoss}) with ε 1e-7, and a measure of how much the aspect ratios differ (Zheng et
     * al., 2019, arXiv:1911.08287).
     *
     * @param eps number added to the denominator of the aspect ratios' weight
     */
    public static Tensor completeBoxIouLoss(Tensor boxes1, Tensor boxes2, Reduction reduction, double eps) {
        try (var scope = Scope.open()) {
            Pair p = Pair.of(boxes1, boxes2);
            Tensor v = p.angle2.sub(p.angle1).pow(2).mul(4 / (Math.PI * Math.PI)), alpha;
            try (var noGrad = NoGrad.enter()) {
                alpha = v.div(p.iou(1e-7).rsub(1).add(v).add(eps));
            }
            return scope.move(reduced(p.distanceLoss(1e-7).add(alpha.mul(v)), reduction));
        }
    }

    private static Tensor reduced(Tensor losses, Reduction reduction) {
        return reduction == Reduction.MEAN && losses.numel() == 0 ? losses.sum().mul(0) : reduction.of(losses);
    }

    /** Two boxes each: their overlap, the smallest box around both, the squared distance of their centres, and their diagonals' angles. */
    private record Pair(Tensor intersection, Tensor union, Tensor width, Tensor height, Tensor apart, Tensor angle1, Tensor angle2) {
        static Pair of(Tensor boxes1, Tensor boxes2) {
            List<Tensor> a = Boxes.upcastToFloat(BoxFormat.XYXY.checked(boxes1)).unbind(-1);
            List<Tensor> b = Boxes.upcastToFloat(BoxFormat.XYXY.checked(boxes2)).unbind(-1);
            Tensor x1 = a.get(0), y1 = a.get(1), x2 = a.get(2), y2 = a.get(3);
            Tensor u1 = b.get(0), v1 = b.get(1), u2 = b.get(2), v2 = b.get(3);
            Tensor left = x1.maximum(u1), top = y1.maximum(v1), right = x2.minimum(u2), bottom = y2.minimum(v2);
            Tensor meet = bottom.gt(top).logicalAnd(right.gt(left));
            Tensor both = Aten.where(meet, right.sub(left).mul(bottom.sub(top)), 0);
            Tensor w1 = x2.sub(x1), h1 = y2.sub(y1), w2 = u2.sub(u1), h2 = v2.sub(v1);
            Tensor dx = x2.add(x1).div(2).sub(u1.add(u2).div(2)), dy = y2.add(y1).div(2).sub(v1.add(v2).div(2));
            return new Pair(both, w1.mul(h1).add(w2.mul(h2)).sub(both), x2.maximum(u2).sub(x1.minimum(u1)),
                    y2.maximum(v2).sub(y1.minimum(v1)), dx.pow(2).add(dy.pow(2)), w1.div(h1).atan(), w2.div(h2).atan());
        }

        Tensor iou(double eps) { return intersection.div(union.add(eps)); }

        Tensor distanceLoss(double eps) {
            return iou(eps).rsub(1).add(apart.div(width.pow(2).add(height.pow(2)).add(eps)));
        }
    }
}
