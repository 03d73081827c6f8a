package panatorch.internal.distributed;

import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Work;
import org.jspecify.annotations.Nullable;
import panatorch.JavaCpp;
import panatorch.TorchException;

/** A collective that runs. libtorch holds its tensors until it is done. */
public final class NativeWork implements PendingWork {
    /** libtorch's message if the wait ended and the work did not; an error of the work itself reads differently. */
    private static final String GOES_ON = "Operation timed out!";

    private final Work work;
    private final @Nullable NativeNccl nccl;

    /** @param nccl the backend that runs the work, or null for Gloo */
    NativeWork(Work work, @Nullable NativeNccl nccl) {
        this.work = work;
        this.nccl = nccl;
    }

    /**
     * Waits for a while. Once work on a GPU is done, later work on the current stream comes after it.
     *
     * @return whether the work is done
     * @throws TorchException if the work failed
     */
    @Override public boolean await(long millis) {
        return nccl == null ? awaitGloo(millis) : awaitNccl(nccl, millis);
    }

    private boolean awaitGloo(long millis) {
        return JavaCpp.call(() -> {
            try (var longest = new Milliseconds(millis)) {
                return work._wait(longest);
            } catch (RuntimeException e) {
                if (String.valueOf(e.getMessage()).contains(GOES_ON)) return false;
                throw e;
            }
        });
    }

    /** NCCL's own wait takes a time that has passed for a failure of the work, and no limit for a wait of the stream alone. */
    private boolean awaitNccl(NativeNccl backend, long millis) {
        if (!Polling.await(millis, this::isDone)) return false;
        backend.requireNoFailure();
        return JavaCpp.call(work::_wait);
    }

    public boolean isDone() { return JavaCpp.call(work::isCompleted); }

    @Override public void close() { JavaCpp.run(work::close); }
}
