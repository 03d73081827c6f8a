package panatorch;

import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;

/**
 * A hook in Java that libtorch calls with a gradient during {@code backward}. libtorch's reference to it is invisible to the garbage
 * collector. So somebody must hold it, and {@link #deallocate} it when, and not before, the graph that it is part of is gone.
 */
final class GradientHook extends TensorTensorHook {
    /** The code of a hook. It gets the gradient, which it need not close, and returns another one, or null to keep it. */
    interface Code {
        @Nullable Tensor call(Tensor gradient);
    }

    private static final class Unchanged {
        static final TensorBase GRADIENT = new TensorBase();
    }

    private final transient Code code;

    GradientHook(Code code) { this.code = code; }

    /**
     * Registers this hook on {@code t}. libtorch calls it with the gradient of {@code t} before computing the gradients of the tensors that
     * {@code t} was computed from.
     */
    GradientHook on(Tensor t) {
        try (var own = t.unwrap()) {
            own.register_hook(this);
        } catch (RuntimeException e) {
            deallocate();
            throw NativeErrors.of(e);
        }
        return this;
    }

    @Override public TensorBase call(TensorBase gradient) {
        try (gradient) {
            long impl = Memory.getLong(gradient.address());
            if (References.isUndefinedTensor(impl)) return Unchanged.GRADIENT;
            References.retain(impl);
            ThreadContext c = ThreadContext.current();
            return c.calledBack(() -> {
                Tensor own = c.adopt(impl), other = code.call(own);
                return other == null || other == own ? Unchanged.GRADIENT : c.returned(other);
            });
        } catch (Throwable t) {
            throw NativeErrors.carrier(t);
        }
    }
}
