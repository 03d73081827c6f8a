package panatorch.internal.distributed;

import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Work;
import panatorch.JavaCpp;
import panatorch.TorchException;

/** A collective that runs. libtorch holds its tensors until it is done. */
public final class NativeWork implements AutoCloseable {
    /** libtorch's message if the wait ended and the work did not; an error of the work itself reads differently. */
    private static final String GOES_ON = "Operation timed out!";

    private final Work work;

    NativeWork(Work work) { this.work = work; }

    /**
     * Waits for a while.
     *
     * @return whether the work is done
     * @throws TorchException if the work failed
     */
    public boolean await(long millis) {
        return JavaCpp.call(() -> {
            try (var longest = new Milliseconds(millis)) {
                return work._wait(longest);
            } catch (RuntimeException e) {
                if (String.valueOf(e.getMessage()).contains(GOES_ON)) return false;
                throw e;
            }
        });
    }

    public boolean isDone() { return JavaCpp.call(work::isCompleted); }

    @Override public void close() { JavaCpp.run(work::close); }
}
