package panatorch.serve.grpc;

import io.grpc.Context;

/** Ends this thread's wait for a model when the client gives up, by an interrupt, of which nothing is left afterwards. */
final class Cancellation implements Context.CancellationListener, AutoCloseable {
    private final Context call = Context.current();
    private final Thread waiting = Thread.currentThread();
    private boolean over, rang;

    private Cancellation() {}

    static Cancellation watch() {
        var c = new Cancellation();
        c.call.addListener(c, Runnable::run);
        return c;
    }

    @Override public synchronized void cancelled(Context context) {
        if (over) return;
        rang = true;
        waiting.interrupt();
    }

    @Override public void close() {
        call.removeListener(this);
        synchronized (this) {
            over = true;
            if (rang) Thread.interrupted();
        }
    }
}
