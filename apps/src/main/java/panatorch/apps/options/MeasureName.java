package panatorch.apps.options;

/** {@code --measure}: by what epochs are compared. */
public enum MeasureName {
    ACCURACY, LOSS;

    @Override public String toString() { return Names.of(this); }
}
