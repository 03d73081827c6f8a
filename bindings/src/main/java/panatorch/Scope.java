package panatorch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Tag;

/**
 * Frees the tensors that a thread makes while it is the thread's innermost scope, all at once, when it is closed.
 *
 * <table>
 * <caption>Who frees a tensor</caption>
 * <tr><th>made…</th><th>freed…</th></tr>
 * <tr><td>inside {@code try (var scope = Scope.open())} on this thread</td><td>when the innermost scope closes</td></tr>
 * <tr><td>… and passed to {@link #keep} or returned through {@link #move}</td><td>by the enclosing scope, or by the caller if there is none</td></tr>
 * <tr><td>… and taken out by {@link Tensor#escape}, as modules and optimisers do</td><td>by its new owner's {@code close()}</td></tr>
 * <tr><td>with no scope open</td><td>by {@link Tensor#close}, or late, by the garbage collector</td></tr>
 * </table>
 *
 * <pre>{@code
 * Tensor norm(Tensor x) {
 *     try (var scope = Scope.open()) {
 *         return scope.move(x.mul(x).sum().sqrt());     // the two tensors in between are freed here
 *     }
 * }
 * }</pre>
 *
 * <p>A scope belongs to the thread that opened it. Scopes close in the reverse order of their opening; closing one closes
 * those that were opened inside it and are still open.
 */
public final class Scope implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private final @Nullable Scope outer;
    private @Nullable Tensor[] tensors = new Tensor[16];
    private int size;
    private boolean closed;

    private Scope(@Nullable Scope outer) { this.outer = outer; }

    /** Opens a scope on this thread. */
    public static Scope open() {
        ThreadContext c = ThreadContext.current();
        return c.scope = new Scope(c.scope);
    }

    /** Hands {@code kept} to the enclosing scope, or to the caller if there is none. Tensors of other scopes stay where they are. */
    public void keep(Tensor... kept) {
        for (Tensor t : kept) move(t);
    }

    /** {@link #keep} for a method's result. */
    public Tensor move(Tensor t) {
        checkOpen();
        if (remove(t)) {
            if (outer != null) outer.add(t);
            else t.guard();
        }
        return t;
    }

    /** Frees the tensors of this scope. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        checkThread();
        ThreadContext c = ThreadContext.current();
        while (c.scope != this && c.scope != null) c.scope.close();
        c.scope = outer;
        closed = true;
        free();
    }

    private void free() {
        if (size == 0) return;
        Call call = Call.releasing();
        int freed = 0;
        for (int i = 0; i < size; i++) {
            Tensor t = tensors[i];
            long impl = t == null ? 0 : t.takeImpl();
            if (impl == 0) continue;
            call.release(Tag.TENSOR, impl);
            freed++;
            if (LiveTensors.tracing()) {
                LiveTensors.closed(t);
                freed--;
            }
        }
        LiveTensors.closed(freed);
        tensors = new Tensor[0];
        size = 0;
        call.end();
    }

    void add(Tensor t) {
        if (size == tensors.length) tensors = Arrays.copyOf(tensors, Math.max(16, size * 2));
        tensors[size] = t;
        t.placed(this, size++);
    }

    /** Whether {@code t} was this scope's. */
    boolean remove(Tensor t) {
        checkThread();
        int at = t.placeIn(this);
        if (at < 0) return false;
        tensors[at] = null;
        while (size > 0 && tensors[size - 1] == null) size--; // or a long-lived scope would grow with what was closed in it
        t.placed(null, -1);
        return true;
    }

    private void checkOpen() {
        checkThread();
        if (closed) throw new IllegalStateException("this scope is closed");
    }

    private void checkThread() {
        if (Thread.currentThread() != thread) throw new WrongThreadException("this scope belongs to " + thread);
    }
}
