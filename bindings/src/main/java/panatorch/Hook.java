package panatorch;

/**
 * A registered hook. {@link #close} switches it off; if nobody does, it lasts as long as what it was registered on. May be used by any
 * thread.
 */
public final class Hook implements AutoCloseable {
    private final Runnable removal;

    Hook(Runnable removal) { this.removal = removal; }

    /** The hook is not called any more. Closing twice is harmless. */
    @Override public void close() { removal.run(); }
}
