package panatorch.apps;

import java.util.Map;
import panatorch.train.Averages;

/** Loss and accuracy over the images so far. */
record Tally(double loss, double accuracy, long count) {
    /** Reads the sums, which waits for the device. */
    static Tally of(Averages so) { return of(so.means(), so.count()); }

    static Tally of(Map<String, Double> means, long count) { return new Tally(means.getOrDefault("loss", Double.NaN), means.getOrDefault("accuracy", Double.NaN), count); }

    long correct() { return Math.round(accuracy * count); }
}
