package panatorch.apps.options;

/** {@code --schedule}: how the learning rate changes over a run. {@link SchedulePlan} makes the schedules. */
public enum ScheduleName {
    CONSTANT, COSINE, ONE_CYCLE, STEP, MULTI_STEP, PLATEAU;

    /** Returns whether the rates depend on the number of epochs, which then cannot be changed when a run is resumed. */
    boolean spansTheRun() {
        return this == COSINE || this == ONE_CYCLE;
    }

    @Override public String toString() { return Names.of(this); }
}
