package panatorch.vision.ops;

import java.util.ArrayList;
import java.util.Arrays;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Non-maximum suppression, after {@code torchvision.ops}: keeps the box with the highest score, drops all boxes that overlap it by more
 * than a threshold, and goes on with what is left.
 *
 * <p>
 * Each decision depends on those before it, so this is a loop in Java over a copy of the boxes, of O(N²) comparisons in the boxes' own
 * precision; as tensors it would take the [N, N] matrix of all overlaps and the same loop. Boxes on a GPU are copied to the CPU. The
 * results are int64 indices on the boxes' device, by descending score; of boxes with equal scores the first one suppresses the others. No
 * gradients.
 */
public final class Nms {
    private Nms() {}

    /**
     * Suppresses overlapping boxes.
     *
     * @param boxes boxes {@code x1, y1, x2, y2} [N, 4], with x1 ≤ x2 and y1 ≤ y2
     * @param scores scores [N]
     * @param iouThreshold the largest intersection over union at which both boxes are kept
     * @return int64 [K], the indices of the kept boxes
     */
    public static Tensor nms(Tensor boxes, Tensor scores, double iouThreshold) {
        check(boxes, scores);
        if (boxes.size(0) == 0) return Torch.empty(DType.INT64, boxes.device(), 0);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor order = scores.detach().sort(true, 0, true).indices();
            Tensor columns = boxes.detach().indexSelect(0, order).t();
            boolean wide = boxes.dtype() == DType.FLOAT64;
            int n = (int) boxes.size(0);
            int[] kept = keep(n, wide ? Overlaps.ofDoubles(columns.toDoubleArray(), n, iouThreshold)
                    : Overlaps.ofFloats(columns.toFloatArray(), n, iouThreshold));
            return scope.move(order.indexSelect(0, Torch.tensor(kept).to(boxes.device(), DType.INT64)));
        }
    }

    /**
     * Suppresses overlapping boxes of the same class, in the way that torchvision expects to be faster for this number of boxes:
     * {@link #batchedNmsVanilla} for more than 1000 boxes on the CPU or 25000 on a GPU, otherwise {@link #batchedNmsCoordinateTrick}.
     *
     * @param boxes boxes {@code x1, y1, x2, y2} [N, 4], with x1 ≤ x2 and y1 ≤ y2
     * @param scores scores [N]
     * @param classes whole numbers [N], the class of each box
     * @param iouThreshold the largest intersection over union at which both boxes are kept
     * @return int64 [K], the indices of the kept boxes
     */
    public static Tensor batchedNms(Tensor boxes, Tensor scores, Tensor classes, double iouThreshold) {
        return boxes.numel() > (boxes.device().type() == Device.Type.CPU ? 4000 : 100_000)
                ? batchedNmsVanilla(boxes, scores, classes, iouThreshold)
                : batchedNmsCoordinateTrick(boxes, scores, classes, iouThreshold);
    }

    /**
     * Suppresses overlapping boxes of the same class, for all classes at once: the boxes of each class are moved so far that they do not
     * overlap those of others. The moved coordinates are larger, so in float32 overlaps near the threshold may be rounded otherwise.
     * Parameters and result are those of {@link #batchedNms}.
     */
    public static Tensor batchedNmsCoordinateTrick(Tensor boxes, Tensor scores, Tensor classes, double iouThreshold) {
        check(boxes, scores, classes);
        if (boxes.size(0) == 0) return Torch.empty(DType.INT64, boxes.device(), 0);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor offsets = classes.to(boxes).mul(boxes.max().add(1));
            return scope.move(nms(boxes.add(offsets.unsqueeze(1)), scores, iouThreshold));
        }
    }

    /**
     * Suppresses overlapping boxes of the same class, one class after the other. Parameters and result are those of {@link #batchedNms}.
     */
    public static Tensor batchedNmsVanilla(Tensor boxes, Tensor scores, Tensor classes, double iouThreshold) {
        check(boxes, scores, classes);
        if (boxes.size(0) == 0) return Torch.empty(DType.INT64, boxes.device(), 0);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var kept = new ArrayList<Tensor>();
            for (long c : Torch.unique(classes).values().toLongArray()) {
                Tensor own = Aten.where(classes.eq(c)).getFirst();
                kept.add(own.indexSelect(0, nms(boxes.indexSelect(0, own), scores.indexSelect(0, own), iouThreshold)));
            }
            Tensor all = Aten.cat(kept).sort().values();
            // As in torchvision this sort is not stable, so kept boxes with equal scores may be in another order.
            return scope.move(all.indexSelect(0, scores.indexSelect(0, all).sort(0, true).indices()));
        }
    }

    private static void check(Tensor boxes, Tensor scores, Tensor classes) {
        check(boxes, scores);
        if (classes.dim() != 1 || classes.size(0) != boxes.size(0))
            throw new IllegalArgumentException("one class for each box is needed: boxes are " + boxes.describe() + ", classes "
                    + classes.describe());
    }

    private static void check(Tensor boxes, Tensor scores) {
        if (boxes.dim() != 2 || boxes.size(1) != 4) throw new IllegalArgumentException("boxes are [N, 4], not " + boxes.describe());
        if (!boxes.dtype().isFloatingPoint())
            throw new IllegalArgumentException("boxes are floating-point numbers, not " + boxes.describe() + "; convert them first");
        if (scores.dim() != 1 || scores.size(0) != boxes.size(0))
            throw new IllegalArgumentException("one score for each box is needed: boxes are " + boxes.describe() + ", scores "
                    + scores.describe());
    }

    /** Returns the positions of the boxes that are kept, of {@code n} by descending score. */
    private static int[] keep(int n, Overlaps overlaps) {
        var dropped = new boolean[n];
        var kept = new int[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            if (dropped[i]) continue;
            kept[count++] = i;
            overlaps.drop(i, dropped);
        }
        return Arrays.copyOf(kept, count);
    }

    /**
     * The overlaps of boxes, in the precision of the boxes: in the other one, boxes near the threshold would differ from torchvision's. It
     * is asked for a whole row, as asking for each pair of boxes took more than 1.5 times as long.
     */
    private interface Overlaps {
        /** Drops the boxes after box {@code i} that overlap it too much. */
        void drop(int i, boolean[] dropped);

        /** @param c all x1, all y1, all x2 and all y2 of n boxes */
        static Overlaps ofFloats(float[] c, int n, double threshold) {
            var areas = new float[n];
            for (int i = 0; i < n; i++) areas[i] = (c[2 * n + i] - c[i]) * (c[3 * n + i] - c[n + i]);
            return (i, dropped) -> {
                float x1 = c[i], y1 = c[n + i], x2 = c[2 * n + i], y2 = c[3 * n + i], area = areas[i];
                for (int j = i + 1; j < n; j++) {
                    if (dropped[j]) continue;
                    float w = Math.max(0, Math.min(x2, c[2 * n + j]) - Math.max(x1, c[j]));
                    float h = Math.max(0, Math.min(y2, c[3 * n + j]) - Math.max(y1, c[n + j]));
                    float both = w * h;
                    dropped[j] = both / (area + areas[j] - both) > threshold;
                }
            };
        }

        /** @param c all x1, all y1, all x2 and all y2 of n boxes */
        static Overlaps ofDoubles(double[] c, int n, double threshold) {
            var areas = new double[n];
            for (int i = 0; i < n; i++) areas[i] = (c[2 * n + i] - c[i]) * (c[3 * n + i] - c[n + i]);
            return (i, dropped) -> {
                double x1 = c[i], y1 = c[n + i], x2 = c[2 * n + i], y2 = c[3 * n + i], area = areas[i];
                for (int j = i + 1; j < n; j++) {
                    if (dropped[j]) continue;
                    double w = Math.max(0, Math.min(x2, c[2 * n + j]) - Math.max(x1, c[j]));
                    double h = Math.max(0, Math.min(y2, c[3 * n + j]) - Math.max(y1, c[n + j]));
                    double both = w * h;
                    dropped[j] = both / (area + areas[j] - both) > threshold;
                }
            };
        }
    }
}
