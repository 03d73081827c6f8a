package panatorch;

/**
 * A registered hook. {@link #close} removes it; otherwise it lasts as long as the object that it was registered on. Any thread may use it.
 */
public final class Hook implements AutoCloseable {
    private final Runnable removal;

    Hook(Runnable removal) { this.removal = removal; }

    /** Removes the hook, which is then no longer called. Closing twice is harmless. */
    @Override public void close() { removal.run(); }
}
