package panatorch.distributed;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import panatorch.distributed.DistributedException.Reason;

/**
 * Native calls with a deadline. libtorch's calls of a store block for ever if the network stops answering, and cannot be interrupted. So
 * they run on a thread of their own, and the caller waits for that thread. If the caller stops waiting, the thread ends with its call.
 */
final class Deadlines {
    private Deadlines() {}

    private static final ExecutorService THREADS =
            Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("panatorch-distributed-", 0).factory());

    /** Starts a call whose caller waits in its own way. */
    static <T> Future<T> start(Callable<T> call) {
        return THREADS.submit(call);
    }

    /**
     * Returns what {@code call} returns, and throws the unchecked exceptions that it throws.
     *
     * @param what description of the call for the error message
     * @throws DistributedException if the call takes longer
     * @throws InterruptedException if this thread is interrupted meanwhile; the call goes on
     */
    static <T> T call(String what, Duration longest, Callable<T> call) throws InterruptedException {
        var result = start(call);
        try {
            return result.get(longest.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new DistributedException(Reason.TIMEOUT, what + " took longer than " + longest.toMillis() + " ms");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException r) throw r;
            if (e.getCause() instanceof Error r) throw r;
            throw new IllegalStateException(e.getCause());
        }
    }
}
