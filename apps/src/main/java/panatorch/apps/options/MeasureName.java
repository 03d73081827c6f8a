package panatorch.apps.options;

/** {@code --measure}: the measure by which epochs are compared. */
public enum MeasureName {
    ACCURACY, LOSS;

    @Override public String toString() { return Names.of(this); }
}
