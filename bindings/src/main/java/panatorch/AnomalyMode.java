package panatorch;

/**
 * Finds the operator whose derivative fails. While open, in the whole process, {@code backward} stops at the first NaN, and its error tells
 * as a suppressed exception where in the Java program the operator was called. Slow; for debugging. Guards close in the reverse order of
 * their opening.
 *
 * <pre>{@code try (var on = AnomalyMode.enter()) { loss(x).backward(); } }</pre>
 */
public final class AnomalyMode implements AutoCloseable {
    /** Read for every result of an operator, and written hardly ever: not volatile. */
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

    /** @param checkNaN whether a gradient that is NaN is an error */
    public static AnomalyMode enter(boolean checkNaN) {
        Startup.ensure();
        return new AnomalyMode(checkNaN);
    }

    /** A place in the forward pass. */
    private static final class ForwardCall extends RuntimeException {
        private static final long serialVersionUID = 1;

        ForwardCall(String operator) { super(operator + ", whose derivative failed, was called here"); }
    }

    /** A result of an operator, whose node is to be found again. */
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

    /** {@code error}, with the place of the operator at whose derivative {@code backward} stopped. */
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
