package panatorch.apps.options;

/**
 * {@code --dropout}: the dropout method. Gyro dropout replaces the network's own dropout layers; the others drop features before the head.
 */
public enum DropoutName {
    NONE, STANDARD, MULTI_SAMPLE, GYRO;

    /** Returns the drop probability that takes effect when {@code asked} is asked for. */
    double p(double asked) {
        return this == NONE ? 0 : asked;
    }

    /** Returns the number of dropout samples that takes effect when {@code asked} is asked for. */
    int samples(int asked) {
        return this == MULTI_SAMPLE ? asked : 1;
    }

    @Override public String toString() { return Names.of(this); }
}
