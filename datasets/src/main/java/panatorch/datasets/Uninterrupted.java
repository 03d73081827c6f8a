package panatorch.datasets;

/** Waiting that an interrupt doesn't end. */
final class Uninterrupted {
    private Uninterrupted() {}

    /** May wait. */
    interface Wait {
        void run() throws InterruptedException;
    }

    /** An interrupted thread still waits, and is interrupted afterwards. */
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
