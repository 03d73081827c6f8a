package panatorch.apps.options;

/** {@code --dropout}: what is dropped of the features before the head, or for gyro, how the network's own dropout layers drop. */
public enum DropoutName {
    NONE, STANDARD, MULTI_SAMPLE, GYRO;

    /** The drop probability that takes effect when {@code asked} is asked for. */
    double p(double asked) { return this == NONE ? 0 : asked; }

    /** The number of dropout samples that takes effect. */
    int samples(int asked) { return this == MULTI_SAMPLE ? asked : 1; }

    @Override public String toString() { return Names.of(this); }
}
