package panatorch.distributed;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.internal.distributed.NativeWork;

/**
 * A collective that runs while this process computes. The tensors that were passed must not be read or changed before {@link #await}
 * returns; they may be closed. One thread at a time may use this object. {@link #await} and {@link #close} free what it holds.
 */
public final class Work implements AutoCloseable {
    private final Calls calls;
    private final String what;
    private final @Nullable NativeWork work;
    private final @Nullable Tensor target, copy;
    private boolean done;

    /**
     * @param work null if there was nothing to do
     * @param target tensor that gets the elements of {@code copy} at the end; null if libtorch writes to the caller's memory
     * @param copy tensor that belongs to this object
     */
    Work(Calls calls, String what, @Nullable NativeWork work, @Nullable Tensor target, @Nullable Tensor copy) {
        this.calls = calls;
        this.what = what;
        this.work = work;
        this.target = target;
        this.copy = copy;
    }

    /**
     * Waits until the collective is done.
     *
     * @throws DistributedException if it failed, here or on another rank; the message names the operation, its number and the missing ranks
     * @throws InterruptedException if this thread is interrupted meanwhile; the collective goes on
     */
    public void await() throws InterruptedException {
        if (done) return;
        try {
            if (work != null) calls.await(work, what);
            if (target != null && copy != null) try (var off = NoGrad.enter()) {
                target.copy_(copy);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        close();
    }

    /**
     * Waits for a while, and returns whether the collective is done.
     *
     * @throws DistributedException if it failed
     */
    public boolean await(Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!isDone()) {
            if (System.nanoTime() >= end) return false;
            Thread.sleep(1);
        }
        await();
        return true;
    }

    /** Returns whether {@link #await} would return or throw at once. */
    public boolean isDone() {
        return done || work == null || work.isDone();
    }

    /** Frees what this object holds. A collective that still runs goes on; a strided tensor does not get its result. */
    @Override public void close() {
        if (done) return;
        done = true;
        if (work != null) work.close();
        if (target != null) target.close();
        if (copy != null) copy.close();
    }
}
