package panatorch.datasets;

/** Waits to the end in spite of interrupts. */
final class Uninterrupted {
    private Uninterrupted() {}

    /** A blocking operation. */
    interface Wait {
        void run() throws InterruptedException;
    }

    /** Repeats {@code wait} until it ends normally. If the thread is interrupted meanwhile, its interrupt status is set afterwards. */
    static void await(Wait wait) {
        boolean interrupted = false;
        for (;;) {
            try {
                wait.run();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
