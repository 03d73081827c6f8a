package panatorch.apps.serving;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The wait for Ctrl-C or {@code kill}. The JVM ends when its shutdown hooks return, so the hook waits until the server has answered all.
 */
public final class ServerEnd implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch requested = new CountDownLatch(1), over = new CountDownLatch(1);

    public ServerEnd() { Runtime.getRuntime().addShutdownHook(new Thread(this::end, "panatorch-server-end")); }

    private void end() {
        requested.countDown();
        try {
            over.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // interrupting the hook ends the JVM at once
        }
    }

    public boolean requested() { return requested.getCount() == 0; }

    /** Waits until somebody wants the process to end. */
    public void await() throws InterruptedException { requested.await(); }

    /** Tells that all is answered and closed, so that the process may end. */
    @Override public void close() { over.countDown(); }
}
