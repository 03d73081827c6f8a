package panatorch.apps.run;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import panatorch.apps.console.ExitStatus;
import panatorch.train.Averages;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/**
 * Ctrl-C. The JVM ends when its shutdown hooks return, and libtorch must not be at work then. So the hook waits until the run has stopped
 * between two steps, has freed what it owns, and has closed this.
 */
public final class Interruption implements Callback, AutoCloseable {
    /** The reason with which a run stops. */
    static final String REASON = "interrupted";

    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupt, "panatorch-interruption");
    private volatile boolean requested;

    /** Ends a test between two batches. */
    public static final class Interrupted extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    public static Interruption watch() {
        var i = new Interruption();
        Runtime.getRuntime().addShutdownHook(i.hook);
        return i;
    }

    private void interrupt() {
        requested = true;
        try {
            over.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // interrupting the hook ends the JVM at once
        }
    }

    /**
     * Checks for Ctrl-C.
     *
     * @throws Interrupted if the user has pressed it
     */
    public void check() {
        if (requested) throw new Interrupted();
    }

    boolean requested() { return requested; }

    @Override public void batchEnd(Trainer trainer) { if (requested) trainer.stop(REASON); }

    /** Ends the test at once, unless other ranks are in it too: they would wait for this one. */
    @Override public void evaluationBatch(Trainer trainer, Averages so) {
        if (trainer.ranks() == 1) check();
        else batchEnd(trainer);
    }

    /** Tells the user what became of the run, and returns the exit status. */
    public int report(PrintWriter err, String what) {
        err.println("Interrupted: " + what);
        err.flush();
        return ExitStatus.INTERRUPTED;
    }

    @Override public void close() {
        over.countDown();
        if (requested) return;
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            requested = true;
        }
    }
}
