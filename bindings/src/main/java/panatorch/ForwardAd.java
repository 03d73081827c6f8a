package panatorch;

import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Forward-mode derivatives: the product of a Jacobian and a vector, computed along with the function. While open, tensors may have a
 * tangent, and so have the results of operators on them. Closing frees all tangents.
 *
 * <pre>{@code
 * try (var forward = ForwardAd.enter(); var scope = Scope.open()) {
 *     Tensor y = f(forward.dual(x, v));
 *     return scope.move(forward.tangent(y));        // J·v
 * }
 * }</pre>
 *
 * <p>
 * libtorch has one level of it in a process, so a second {@link #enter} waits for the first to be closed, and on the same thread is an
 * error. Operators without such a derivative are {@link TorchException}s.
 */
public final class ForwardAd implements AutoCloseable {
    private static final ReentrantLock LEVEL = new ReentrantLock();

    private final long level;
    private boolean closed;

    private ForwardAd(long level) { this.level = level; }

    public static ForwardAd enter() {
        if (LEVEL.isHeldByCurrentThread())
            throw new IllegalStateException("forward-mode derivatives do not nest; close the one that is open");
        Startup.ensure();
        LEVEL.lock();
        try {
            return new ForwardAd(torch.enter_dual_level());
        } catch (RuntimeException e) {
            LEVEL.unlock();
            throw NativeErrors.of(e);
        }
    }

    /** A tensor with the elements of {@code primal} and a tangent of the same shape and type. */
    public Tensor dual(Tensor primal, Tensor tangent) {
        return Aten._makeDual(primal, tangent, level);
    }

    /** The elements alone. */
    public Tensor primal(Tensor dual) { return Aten._unpackDual(dual, level).primal(); }

    /** The tangent of a tensor; null if it depends on no dual one, which means zeros. */
    public @Nullable Tensor tangent(Tensor dual) {
        return Aten._unpackDual(dual, level).tangent();
    }

    @Override public void close() {
        if (closed) return;
        if (!LEVEL.isHeldByCurrentThread()) throw new WrongThreadException("this belongs to another thread, the one that entered it");
        closed = true;
        torch.exit_dual_level(level);
        LEVEL.unlock();
    }
}
