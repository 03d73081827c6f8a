package panatorch.metrics;

import java.util.Comparator;
import java.util.List;

/** Detections and true boxes of one class in one image, and which of them match, by the rules of the COCO evaluation. */
final class BoxMatching {
    /** Of a detection: whether it matches no true box, matches one, or does not count. */
    static final byte WRONG = 0, RIGHT = 1, IGNORED = 2;
    /** The number of detections of an image and class that count. */
    static final int MOST = 100;

    private final List<double[]> detections, truths;
    private final double[][] overlaps;

    /**
     * Computes the overlaps.
     *
     * @param detections score, x₁, y₁, x₂, y₂ of each, in the order in which equal scores are taken
     * @param truths boxes x₁, y₁, x₂, y₂
     */
    BoxMatching(List<double[]> detections, List<double[]> truths) {
        this.detections = detections.stream().sorted(Comparator.comparingDouble((double[] d) -> -d[0])).limit(MOST).toList();
        this.truths = truths;
        overlaps = new double[this.detections.size()][truths.size()];
        for (int i = 0; i < overlaps.length; i++)
            for (int j = 0; j < truths.size(); j++) overlaps[i][j] = overlap(this.detections.get(i), truths.get(j));
    }

    private static double overlap(double[] detection, double[] truth) {
        double width = Math.min(detection[3], truth[2]) - Math.max(detection[1], truth[0]);
        double height = Math.min(detection[4], truth[3]) - Math.max(detection[2], truth[1]);
        if (width <= 0 || height <= 0) return 0;
        double common = width * height;
        return common / (area(detection, 1) + area(truth, 0) - common);
    }

    private static double area(double[] box, int from) { return (box[from + 2] - box[from]) * (box[from + 3] - box[from + 1]); }

    int size() { return detections.size(); }

    double score(int i) { return detections.get(i)[0]; }

    /** Returns the number of true boxes whose area is in a range. */
    int truths(double smallest, double largest) {
        return (int) truths.stream().filter(t -> inside(area(t, 0), smallest, largest)).count();
    }

    private static boolean inside(double area, double smallest, double largest) { return area >= smallest && area <= largest; }

    /**
     * Matches each of the first detections with the free true box that it overlaps most. Boxes out of the range are matched only where no
     * other is left, and do not count; neither do detections out of the range that match nothing.
     *
     * @param threshold the smallest overlap of a match
     * @param most number of detections
     */
    byte[] match(double threshold, double smallest, double largest, int most) {
        var results = new byte[Math.min(most, detections.size())];
        var taken = new boolean[truths.size()];
        for (int i = 0; i < results.length; i++) {
            int best = best(overlaps[i], taken, threshold, smallest, largest, true);
            if (best < 0) {
                best = best(overlaps[i], taken, threshold, smallest, largest, false);
                boolean ignored = best >= 0 || !inside(area(detections.get(i), 1), smallest, largest);
                results[i] = ignored ? IGNORED : WRONG;
            } else {
                results[i] = RIGHT;
            }
            if (best >= 0) taken[best] = true;
        }
        return results;
    }

    /** Returns the free true box in or out of the range with the largest overlap, the last of equal ones, or −1. */
    private int best(double[] overlap, boolean[] taken, double threshold, double smallest, double largest, boolean in) {
        double least = Math.min(threshold, 1 - 1e-10);
        int best = -1;
        for (int j = 0; j < overlap.length; j++) {
            if (taken[j] || overlap[j] < least || inside(area(truths.get(j), 0), smallest, largest) != in) continue;
            least = overlap[j];
            best = j;
        }
        return best;
    }
}
