package panatorch.apps.reproduce;

import java.util.Map;
import java.util.TreeMap;

/** The names of the measures that several experiments share. */
final class Measures {
    private Measures() {}

    /** Loss and error of the training and test examples in evaluation mode, errors in %. */
    static final String TRAIN_LOSS = "train loss", TEST_LOSS = "test loss", TEST_ERROR = "test error %";
    /** Median time of a training step; on a CPU the training thread's processor time. */
    static final String STEP_TIME = "ms/step";

    /** Returns the measures that two runs with the same bits have in common. */
    static Map<String, Double> withoutTimes(Map<String, Double> measures) {
        var same = new TreeMap<>(measures);
        same.keySet().removeIf(Measures::isTime);
        return same;
    }

    static boolean isTime(String measure) { return measure.contains("ms/") || measure.contains("seconds"); }
}
