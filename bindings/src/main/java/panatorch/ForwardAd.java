package panatorch;

import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A level of forward-mode differentiation, which computes the product of a Jacobian and a vector along with the function. While it is open,
 * tensors may have a tangent, and so have the results of operators on them. Closing frees all tangents.
 *
 * <pre>{@code
 * try (var forward = ForwardAd.enter(); var scope = Scope.open()) {
 *     Tensor y = f(forward.dual(x, v));
 *     return scope.move(forward.tangent(y));        // J·v
 * }
 * }</pre>
 *
 * <p>
 * libtorch has only one level in a process, so a second {@link #enter} waits until the first level is closed; on the same thread it is an
 * error. Operators without such a derivative throw a {@link TorchException}.
 */
public final class ForwardAd implements AutoCloseable {
    private static final ReentrantLock LEVEL = new ReentrantLock();

    private final long level;
    private boolean closed;

    private ForwardAd(long level) { this.level = level; }

    public static ForwardAd enter() {
        if (LEVEL.isHeldByCurrentThread())
            throw new IllegalStateException("a forward-mode level is open already, and levels do not nest; close it first");
        Startup.ensure();
        LEVEL.lock();
        try {
            return new ForwardAd(torch.enter_dual_level());
        } catch (RuntimeException e) {
            LEVEL.unlock();
            throw NativeErrors.of(e);
        }
    }

    /** Returns a tensor with the elements of {@code primal} and the given tangent, which must have the same shape and type. */
    public Tensor dual(Tensor primal, Tensor tangent) {
        return Aten._makeDual(primal, tangent, level);
    }

    /** Returns the elements of a tensor without its tangent. */
    public Tensor primal(Tensor dual) {
        return Aten._unpackDual(dual, level).primal();
    }

    /** Returns the tangent of a tensor; null, which means zeros, if it depends on no dual tensor. */
    public @Nullable Tensor tangent(Tensor dual) {
        return Aten._unpackDual(dual, level).tangent();
    }

    @Override public void close() {
        if (closed) return;
        if (!LEVEL.isHeldByCurrentThread())
            throw new WrongThreadException("this level belongs to another thread; close it on the thread that entered it");
        closed = true;
        torch.exit_dual_level(level);
        LEVEL.unlock();
    }
}
