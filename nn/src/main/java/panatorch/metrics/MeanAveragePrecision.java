package panatorch.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The mean average precision of detected boxes, with the rules of the COCO evaluation (Lin et al., 2014, arXiv:1405.0312): precision at 101
 * recalls, averaged over overlaps of 0.5, 0.55 … 0.95 and over the classes that occur among the true boxes; at most 100 detections an image
 * and class. There are no crowds, and the area of a box is that of its rectangle.
 *
 * <p>
 * Keeps all boxes until it is closed. For use by one thread at a time.
 */
public final class MeanAveragePrecision extends RowMetric {
    private static final double ALL = 1e10, SMALL = 32 * 32, MEDIUM = 96 * 96;
    private static final double[] OVERLAPS = IntStream.range(0, 10).mapToDouble(i -> 0.5 + 0.05 * i).toArray();
    private static final int RECALLS = 101;

    /** Creates a metric without images. */
    public MeanAveragePrecision() { super(2); }

    /**
     * The averages, in COCO's order; NaN where there are no true boxes of such sizes.
     *
     * @param map mean average precision
     * @param map50 that at an overlap of 0.5
     * @param map75 that at an overlap of 0.75
     * @param mapSmall that of boxes of at most 32² pixels
     * @param mapMedium that of boxes from 32² to 96² pixels
     * @param mapLarge that of boxes of at least 96² pixels
     * @param mar1 mean recall with one detection an image and class
     * @param mar10 mean recall with ten
     * @param mar100 mean recall with a hundred
     * @param marSmall mean recall of boxes of at most 32² pixels
     * @param marMedium mean recall of boxes from 32² to 96² pixels
     * @param marLarge mean recall of boxes of at least 96² pixels
     */
    public record Results(double map, double map50, double map75, double mapSmall, double mapMedium, double mapLarge, double mar1,
            double mar10, double mar100, double marSmall, double marMedium, double marLarge) {}

    /**
     * Adds an image.
     *
     * @param image number of the image, which no other one has, in no process
     * @param boxes detected boxes [N, 4]: x₁, y₁, x₂, y₂ in pixels
     * @param scores scores [N] of the detections, without NaN
     * @param labels classes [N] of the detections
     * @param trueBoxes true boxes [M, 4]
     * @param trueLabels classes [M] of the true boxes
     * @throws IllegalArgumentException if the shapes are wrong
     */
    public void update(long image, Tensor boxes, Tensor scores, Tensor labels, Tensor trueBoxes, Tensor trueLabels) {
        requireBoxes("boxes", boxes, scores, labels);
        requireBoxes("true boxes", trueBoxes, trueLabels, trueLabels);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = boxes.to(DType.FLOAT64), y = trueBoxes.to(boxes.device(), DType.FLOAT64);
            Tensor its = column(labels, x), all = column(trueLabels, y);
            add(List.of(Aten.cat(List.of(its.zerosLike().add(image), its, column(scores, x), x), 1),
                    Aten.cat(List.of(all.zerosLike().add(image), all, y), 1)));
        }
    }

    private static Tensor column(Tensor t, Tensor like) { return t.to(like).unsqueeze(1); }

    private static void requireBoxes(String what, Tensor boxes, Tensor scores, Tensor labels) {
        if (boxes.dim() != 2 || boxes.size(1) != 4 || scores.dim() != 1 || labels.dim() != 1 || scores.size(0) != boxes.size(0)
                || labels.size(0) != boxes.size(0))
            throw new IllegalArgumentException(
                    what + " have to be [N, 4] with N labels and scores, not " + Inputs.describe(boxes) + " with "
                            + Inputs.describe(labels) + " and " + Inputs.describe(scores));
    }

    /** Returns the averages over all classes. */
    public Results results() {
        List<List<BoxMatching>> classes = List.copyOf(classes().values());
        Averages all = averages(classes, 0, ALL, 100), small = averages(classes, 0, SMALL, 100),
                medium = averages(classes, SMALL, MEDIUM, 100), large = averages(classes, MEDIUM, ALL, 100);
        return new Results(all.precision(), all.precisions[0], all.precisions[5], small.precision(), medium.precision(), large.precision(),
                averages(classes, 0, ALL, 1).recall, averages(classes, 0, ALL, 10).recall, all.recall, small.recall, medium.recall,
                large.recall);
    }

    /** Returns the mean average precision of one class; NaN if it has no true boxes. */
    public double map(long label) {
        List<BoxMatching> images = classes().get(label);
        return images == null ? Double.NaN : averages(List.of(images), 0, ALL, 100).precision();
    }

    /** Returns the images of each class that have boxes of it, in the order of their numbers. */
    private SortedMap<Long, List<BoxMatching>> classes() {
        record Boxes(List<double[]> detections, List<double[]> truths) {
            Boxes() { this(new ArrayList<>(), new ArrayList<>()); }
        }
        var boxes = new TreeMap<Long, SortedMap<Long, Boxes>>();
        double[] detected, truths;
        try (var scope = Scope.open()) {
            detected = rows().get(0).toDoubleArray();
            truths = rows().get(1).toDoubleArray();
        }
        for (int i = 0; i < detected.length; i += 7) {
            if (Double.isNaN(detected[i + 2])) throw new IllegalArgumentException("a score is NaN, in image " + (long) detected[i]);
            boxes.computeIfAbsent((long) detected[i + 1], c -> new TreeMap<>()).computeIfAbsent((long) detected[i],
                    c -> new Boxes()).detections
                    .add(Arrays.copyOfRange(detected, i + 2, i + 7));
        }
        for (int i = 0; i < truths.length; i += 6)
            boxes.computeIfAbsent((long) truths[i + 1], c -> new TreeMap<>()).computeIfAbsent((long) truths[i], c -> new Boxes()).truths
                    .add(Arrays.copyOfRange(truths, i + 2, i + 6));
        var classes = new TreeMap<Long, List<BoxMatching>>();
        boxes.forEach((label, images) -> classes.put(label,
                images.values().stream().map(b -> new BoxMatching(b.detections, b.truths)).toList()));
        return classes;
    }

    /** Average precisions at each overlap, and the recall averaged over them. */
    private record Averages(double[] precisions, double recall) {
        double precision() { return DoubleStream.of(precisions).average().orElse(Double.NaN); }
    }

    private static Averages averages(List<List<BoxMatching>> classes, double smallest, double largest, int most) {
        var precisions = new double[OVERLAPS.length];
        double recall = 0;
        int counted = 0;
        for (List<BoxMatching> images : classes) {
            Averages its = averages(smallest, largest, most, images);
            if (its == null) continue;
            counted++;
            recall += its.recall;
            for (int t = 0; t < precisions.length; t++) precisions[t] += its.precisions[t];
        }
        int n = counted;
        return new Averages(DoubleStream.of(precisions).map(p -> p / n).toArray(), recall / n);
    }

    /** Returns the averages of one class, or null if it has no true boxes of these sizes. */
    private static @Nullable Averages averages(double smallest, double largest, int most, List<BoxMatching> images) {
        record Detection(double score, byte result) {}
        int truths = images.stream().mapToInt(i -> i.truths(smallest, largest)).sum();
        if (truths == 0) return null;
        var precisions = new double[OVERLAPS.length];
        double recalls = 0;
        for (int t = 0; t < OVERLAPS.length; t++) {
            var all = new ArrayList<Detection>();
            for (BoxMatching image : images) {
                byte[] results = image.match(OVERLAPS[t], smallest, largest, most);
                for (int i = 0; i < results.length; i++)
                    if (results[i] != BoxMatching.IGNORED) all.add(new Detection(image.score(i), results[i]));
            }
            all.sort(Comparator.comparingDouble(d -> -d.score));
            var right = new int[all.size()];
            for (int i = 0; i < right.length; i++)
                right[i] = (i == 0 ? 0 : right[i - 1]) + (all.get(i).result == BoxMatching.RIGHT ? 1 : 0);
            precisions[t] = averagePrecision(right, truths);
            recalls += right.length == 0 ? 0 : (double) right[right.length - 1] / truths;
        }
        return new Averages(precisions, recalls / OVERLAPS.length);
    }

    /**
     * Returns the mean over recalls 0, 0.01 … 1 of the highest precision at such a recall or above.
     *
     * @param right number of right ones among the first i + 1 detections
     */
    private static double averagePrecision(int[] right, int truths) {
        var best = new double[right.length];
        for (int i = right.length - 1; i >= 0; i--)
            best[i] = Math.max((double) right[i] / (i + 1), i + 1 < right.length ? best[i + 1] : 0);
        double sum = 0;
        for (int r = 0, at = 0; r < RECALLS; r++) {
            while (at < right.length && (double) right[at] / truths < r * 0.01) at++;
            if (at < right.length) sum += best[at];
        }
        return sum / RECALLS;
    }
}
