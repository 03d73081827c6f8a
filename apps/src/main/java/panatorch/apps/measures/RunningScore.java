package panatorch.apps.measures;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.train.Averages;

/** Loss and accuracy over the images so far. @param excess of a student's loss over what it cannot get below, the teacher's mutual information; null if there is no teacher */
public record RunningScore(double loss, double accuracy, long count, @Nullable Double excess) {
    /** Reads the sums, which waits for the device. */
    public static RunningScore of(Averages so) { return of(so.means(), so.count()); }

    public static RunningScore of(Map<String, Double> means, long count) { return new RunningScore(means.getOrDefault("loss", Double.NaN), means.getOrDefault("accuracy", Double.NaN), count, null); }

    public RunningScore excess(@Nullable Double value) { return new RunningScore(loss, accuracy, count, value); }

    public long correct() { return Math.round(accuracy * count); }

    /** What tells more than the loss does. */
    public String scoreText() { return scoreText(accuracy, excess); }

    public static String scoreText(double accuracy, @Nullable Double excess) {
        return excess == null ? String.format(Locale.ROOT, "accuracy %5.2f %%", 100 * accuracy) : String.format(Locale.ROOT, "loss − MI %.4f", excess);
    }
}
