package panatorch.apps.measures;

/** What a user sees while a run goes on. */
public interface Progress extends AutoCloseable {
    /** @param from images that were trained before the run was resumed within this epoch */
    void beginEpoch(int epoch, long from);

    /** After a batch, with the epoch's tally so far. */
    void trained(RunningScore tally);

    /** After a batch of test images. */
    void tested(RunningScore tally);

    void endEpoch(EpochMetrics epoch);

    @Override void close();

    /** Work of a run, which time left is told from. @param done epochs before it was resumed; @param items what is counted: images or sentences */
    record Plan(int epochs, int done, int trainImages, int testImages, String items) {}

    /** Shows nothing. */
    static Progress none() {
        return new Progress() {
            @Override public void beginEpoch(int epoch, long from) {}

            @Override public void trained(RunningScore tally) {}

            @Override public void tested(RunningScore tally) {}

            @Override public void endEpoch(EpochMetrics epoch) {}

            @Override public void close() {}
        };
    }
}
