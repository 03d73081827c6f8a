package panatorch.apps.measures;

/** Shows the progress of a run to the user. */
public interface Progress extends AutoCloseable {
    /**
     * Begins an epoch.
     *
     * @param epoch number of the epoch, from 1
     * @param from images of this epoch that were trained before the run was resumed
     */
    void beginEpoch(int epoch, long from);

    /** Shows the score of the epoch so far, after a training batch. */
    void trained(RunningScore score);

    /** Shows the score of the test so far, after a test batch. */
    void tested(RunningScore score);

    void endEpoch(EpochMetrics epoch);

    @Override void close();

    /**
     * The work of a run, from which the time left is estimated.
     *
     * @param epochs epochs of the run
     * @param done epochs that were finished before the run was resumed
     * @param trainImages training items of an epoch
     * @param testImages test items of an epoch
     * @param items what is counted: images or sentences
     */
    record Plan(int epochs, int done, int trainImages, int testImages, String items) {}

    /** Returns a display that shows nothing. */
    static Progress none() {
        return new Progress() {
            @Override public void beginEpoch(int epoch, long from) {}

            @Override public void trained(RunningScore score) {}

            @Override public void tested(RunningScore score) {}

            @Override public void endEpoch(EpochMetrics epoch) {}

            @Override public void close() {}
        };
    }
}
