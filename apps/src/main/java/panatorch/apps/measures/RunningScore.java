package panatorch.apps.measures;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.train.Averages;

/**
 * Loss and accuracy over the items so far.
 *
 * @param loss mean loss
 * @param accuracy accuracy, in [0, 1]
 * @param count number of items
 * @param excess loss − MI: a student's loss beyond its lower bound, the teacher's mutual information; null without a teacher
 */
public record RunningScore(double loss, double accuracy, long count, @Nullable Double excess) {
    /** Reads the sums of a trainer, which waits for the device. */
    public static RunningScore of(Averages so) {
        return of(so.means(), so.count());
    }

    public static RunningScore of(Map<String, Double> means, long count) {
        return new RunningScore(means.getOrDefault("loss", Double.NaN), means.getOrDefault("accuracy", Double.NaN), count, null);
    }

    public RunningScore excess(@Nullable Double value) { return new RunningScore(loss, accuracy, count, value); }

    public long correct() { return Math.round(accuracy * count); }

    /** Formats the measure that says more than the loss: the excess of a student, and otherwise the accuracy. */
    public String scoreText() {
        return scoreText(accuracy, excess);
    }

    public static String scoreText(double accuracy, @Nullable Double excess) {
        return excess == null ? String.format(Locale.ROOT, "accuracy %5.2f %%", 100 * accuracy)
                : String.format(Locale.ROOT, "loss − MI %.4f", excess);
    }
}
