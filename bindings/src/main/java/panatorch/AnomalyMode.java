package panatorch;

/**
 * A guard for debugging that finds the operator whose derivative fails. While it is open, {@code backward} stops at the first NaN in the
 * whole process. A suppressed exception of its error shows where the Java program called the operator. Slow. Guards close in the reverse
 * order of their opening.
 *
 * <pre>{@code try (var on = AnomalyMode.enter()) { loss(x).backward(); } }</pre>
 */
public final class AnomalyMode implements AutoCloseable {
    /** True while a guard is open. Not volatile, as it is read for every result of an operator and rarely written. */
    static boolean on;

    private final boolean before = on, checkedBefore;
    private boolean closed;

    private AnomalyMode(boolean checkNaN) {
        checkedBefore = org.bytedeco.pytorch.AnomalyMode.should_check_nan();
        set(true, checkNaN);
    }

    private static void set(boolean enabled, boolean checkNaN) {
        org.bytedeco.pytorch.AnomalyMode.set_enabled(enabled, checkNaN);
        on = enabled;
    }

    public static AnomalyMode enter() { return enter(true); }

    /**
     * Turns the mode on.
     *
     * @param checkNaN whether a gradient that is NaN is an error
     */
    public static AnomalyMode enter(boolean checkNaN) {
        Startup.ensure();
        return new AnomalyMode(checkNaN);
    }

    /** The stack trace of an operator's call in the forward pass. */
    private static final class ForwardCall extends RuntimeException {
        private static final long serialVersionUID = 1;

        ForwardCall(String operator) { super(operator + ", whose derivative failed, was called here"); }
    }

    /** Remembers where the operator was called that made {@code t}, and returns {@code t}. */
    static Tensor made(Tensor t, Operator operator) {
        if (t.requiresGrad() && !t.isLeaf()) {
            var site = new ForwardCall(operator.qualified());
            TensorHooks.register(t, g -> {
                ThreadContext.current().running = site;
                return null;
            });
        }
        return t;
    }

    /** Returns {@code error}, with the place of the operator at whose derivative {@code backward} stopped as a suppressed exception. */
    static TorchException explained(TorchException error, ThreadContext c) {
        if (on && c.running != null) error.addSuppressed(c.running);
        c.running = null;
        return error;
    }

    @Override public void close() {
        if (closed) return;
        closed = true;
        set(before, checkedBefore);
    }
}
