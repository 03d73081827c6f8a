package panatorch.apps.measures;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.train.Averages;

/** Loss and accuracy over the images so far. @param excess of a student's loss over what it cannot get below, the teacher's mutual information; null if there is no teacher */
public record Tally(double loss, double accuracy, long count, @Nullable Double excess) {
    /** Reads the sums, which waits for the device. */
    public static Tally of(Averages so) { return of(so.means(), so.count()); }

    public static Tally of(Map<String, Double> means, long count) { return new Tally(means.getOrDefault("loss", Double.NaN), means.getOrDefault("accuracy", Double.NaN), count, null); }

    public Tally excess(@Nullable Double value) { return new Tally(loss, accuracy, count, value); }

    public long correct() { return Math.round(accuracy * count); }

    /** What tells more than the loss does. */
    public String judged() { return judged(accuracy, excess); }

    public static String judged(double accuracy, @Nullable Double excess) {
        return excess == null ? String.format(Locale.ROOT, "accuracy %5.2f %%", 100 * accuracy) : String.format(Locale.ROOT, "loss − MI %.4f", excess);
    }
}
