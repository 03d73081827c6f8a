package panatorch.internal.distributed;

/** Work that runs, and that one thread waits for. */
public interface PendingWork extends AutoCloseable {
    /**
     * Waits for a while.
     *
     * @return whether the work is done; false also if the thread is interrupted
     * @throws panatorch.TorchException if the work failed
     */
    boolean await(long millis);

    @Override void close();
}
