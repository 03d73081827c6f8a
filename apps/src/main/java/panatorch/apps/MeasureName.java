package panatorch.apps;

/** {@code --measure}: by what epochs are compared. */
enum MeasureName {
    ACCURACY, LOSS;

    @Override public String toString() { return Names.of(this); }
}
