package panatorch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.threads.TensorReaders;

/**
 * A block of code that frees, when it is closed, all tensors that its thread made while it was the thread's innermost scope.
 *
 * <table>
 * <caption>Who frees a tensor</caption>
 * <tr>
 * <th>A tensor made …</th>
 * <th>is freed …</th>
 * </tr>
 * <tr>
 * <td>inside {@code try (var scope = Scope.open())} on this thread</td>
 * <td>when the innermost scope closes</td>
 * </tr>
 * <tr>
 * <td>… and passed to {@link #keep} or returned through {@link #move}</td>
 * <td>by the enclosing scope, or by the caller if there is none</td>
 * </tr>
 * <tr>
 * <td>… and taken out by {@link Tensor#escape}, as modules and optimisers do</td>
 * <td>by its new owner's {@code close()}</td>
 * </tr>
 * <tr>
 * <td>… and escaped, then passed to {@link #adopt} of another scope, perhaps on another thread</td>
 * <td>when that scope closes</td>
 * </tr>
 * <tr>
 * <td>… which is never closed</td>
 * <td>when an enclosing scope closes, or late, by the garbage collector after the thread has ended</td>
 * </tr>
 * <tr>
 * <td>with no scope open</td>
 * <td>by {@link Tensor#close}, or late, by the garbage collector</td>
 * </tr>
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
 * <p>
 * A scope belongs to the thread that opened it. Scopes close in the reverse order of their opening; closing one closes those that were
 * opened inside it and are still open. To hand a tensor to another thread, the thread that made it lets it {@linkplain Tensor#escape
 * escape} from its scope and passes it on, for example through a queue. The receiving thread closes or adopts it:
 *
 * <pre>{@code
 * queue.put(batch(n).escape());                         // the thread that makes it, within a scope of its own
 *
 * try (var scope = Scope.open()) {                      // the thread that uses it
 *     Tensor batch = queue.take();
 *     scope.adopt(batch);
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    /**
     * The number of the thread's {@code Caller}. A reference to the context itself would keep it reachable, but what an ended thread left
     * behind is freed only when its context becomes garbage.
     */
    private final int owner;
    private final @Nullable Scope outer;
    private final @Nullable Throwable site = LiveTensors.scopeSite();
    private @Nullable Tensor[] tensors = new Tensor[16];
    private int size;
    private boolean closed;

    private Scope(ThreadContext context) {
        owner = context.number;
        outer = context.scopes.scope;
    }

    /** Opens a scope on this thread. */
    public static Scope open() {
        ThreadContext c = ThreadContext.current();
        return c.scopes.scope = new Scope(c);
    }

    /** Moves tensors to the enclosing scope, or out of all scopes if there is none. Tensors of other scopes stay where they are. */
    public void keep(Tensor... kept) {
        for (Tensor t : kept) move(t);
    }

    /** Moves {@code t} to the enclosing scope, as {@link #keep}, and returns it: for the result of a method. */
    public Tensor move(Tensor t) {
        checkOpen();
        if (remove(t)) {
            if (outer != null) outer.add(t);
            else t.armBackstop();
        }
        return t;
    }

    /**
     * Takes over tensors that are in no scope, such as those that {@linkplain Tensor#escape escaped} on another thread. They are freed with
     * this scope's own. A tensor that is already in this scope stays in it.
     *
     * @throws IllegalArgumentException if a tensor belongs to another scope; let it escape there first
     */
    public void adopt(Tensor... tensors) {
        checkOpen();
        for (Tensor t : tensors) {
            if (t.isClosed()) throw t.closedError("the tensor to adopt");
            if (t.placeIn(this) >= 0) continue;
            if (t.isScoped())
                throw new IllegalArgumentException("the tensor belongs to another scope; call escape() on it before a scope adopts it");
            add(t);
        }
    }

    /** Frees the tensors of this scope. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        checkThread();
        ThreadContext c = ThreadContext.current();
        Innermost open = c.scopes;
        for (Scope s = open.scope; s != this && s != null; s = open.scope) s.close();
        open.scope = outer;
        closed = true;
        freeAll();
    }

    /**
     * Frees tensors of this scope before it closes, because nobody needs them any more. Tensors of other scopes are left alone. In this
     * chain of operators on large tensors, at most two of them exist at a time:
     *
     * <pre>{@code
     * for (Module m : layers) {
     *     Tensor y = m.call(x);
     *     if (y != x) scope.free(x);
     *     x = y;
     * }
     * }</pre>
     */
    public void free(Tensor... tensors) {
        checkOpen();
        for (Tensor t : tensors) if (t.placeIn(this) >= 0) t.close();
    }

    private void freeAll() {
        if (size == 0) return;
        Call call = Call.releasing();
        int freed = 0, shared = 0;
        long[] read = null; // those that other threads may be reading
        for (int i = 0; i < size; i++) {
            Tensor t = tensors[i];
            if (t == null) continue;
            long taken = t.take();
            if (taken == 0) continue;
            if (t.isShared()) {
                if (read == null) read = new long[size - i];
                read[shared++] = Tensor.impl(taken);
            } else {
                call.release(Tag.TENSOR, Tensor.impl(taken));
            }
            if (Tensor.isClosed(taken)) continue; // by another thread, which has counted it
            freed++;
            if (LiveTensors.tracing()) {
                LiveTensors.closed(t);
                freed--;
            }
        }
        if (read != null) {
            TensorReaders.await();
            for (int i = 0; i < shared; i++) call.release(Tag.TENSOR, read[i]);
        }
        LiveTensors.closed(freed);
        tensors = new Tensor[0];
        size = 0;
        call.end();
    }

    boolean isClosed() { return closed; }

    /** Returns whose scope this is, and with tracing where it was opened. */
    String described() {
        StackTraceElement[] opened = site == null ? new StackTraceElement[0] : site.getStackTrace();
        String place = Arrays.stream(opened).filter(e -> !e.getClassName().equals(Scope.class.getName())
                && !e.getClassName().equals(LiveTensors.class.getName())).findFirst().map(e -> ", opened at " + e + ",").orElse("");
        return "of thread '" + thread.getName() + "'" + place;
    }

    /** Returns the number of the thread that opened this scope. */
    int owner() { return owner; }

    void add(Tensor t) {
        if (size == tensors.length) tensors = Arrays.copyOf(tensors, Math.max(16, size * 2));
        tensors[size] = t;
        t.placed(this, size++);
    }

    /** Returns whether {@code t} was this scope's. */
    boolean remove(Tensor t) {
        checkThread();
        int at = t.placeIn(this);
        if (at < 0) return false;
        tensors[at] = null;
        while (size > 0 && tensors[size - 1] == null) size--; // or a long-lived scope would grow with what was closed in it
        t.placed(null, -1);
        return true;
    }

    /**
     * The innermost open scope of a thread. It is separate from the {@link ThreadContext}, which becomes garbage once the thread has ended;
     * this object then abandons the scopes that were still open.
     */
    static final class Innermost implements Runnable {
        @Nullable
        Scope scope;

        @Override public void run() {
            for (Scope s = scope; s != null; s = s.outer) s.abandon();
        }
    }

    /** Leaves the tensors to the garbage collector: somebody may still use them. */
    private void abandon() {
        LiveTensors.abandoned(size, site);
        for (int i = 0; i < size; i++) {
            Tensor t = tensors[i];
            if (t == null || t.isFreed()) continue;
            t.placed(null, -1);
            t.armBackstopUnread();
        }
    }

    private void checkOpen() {
        checkThread();
        if (closed) throw new IllegalStateException("this scope is closed");
    }

    private void checkThread() {
        if (Thread.currentThread() != thread) throw new WrongThreadException("this scope belongs to " + thread + "; use it there");
    }
}
