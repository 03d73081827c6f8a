package panatorch;

import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;

/**
 * Java code that libtorch calls with a gradient, in the midst of {@code backward}. libtorch keeps no reference to it that the garbage
 * collector knows: somebody must hold it, and {@link #deallocate} it when, and not before, the graph it is part of is gone.
 */
final class GradientHook extends TensorTensorHook {
    /** Gets the gradient, which it need not close; answers another one, or null to leave it as it is. */
    interface Code {
        @Nullable Tensor call(Tensor gradient);
    }

    private static final class Unchanged {
        static final TensorBase GRADIENT = new TensorBase();
    }

    private final transient Code code;

    GradientHook(Code code) { this.code = code; }

    /** Has libtorch call this with the gradient of {@code t}, before those of what {@code t} was computed from are computed. */
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
