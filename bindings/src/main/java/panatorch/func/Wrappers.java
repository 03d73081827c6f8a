package panatorch.func;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Layout;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.RawValues;
import panatorch.internal.calls.TransformLevel;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Transforms;

/** The tensors of a level as {@link Tensor}s of the current scope. */
final class Wrappers {
    private Wrappers() {}

    /** The native object of {@code t}, with a reference that the current scope owns. */
    private static long object(Tensor t) {
        long object = RawValues.access().share(t);
        adopt(object);
        return object;
    }

    static Tensor adopt(long object) {
        return (Tensor) Objects.requireNonNull(RawValues.access().adopt(object));
    }

    /** Checks what libtorch's functions would end the process for. */
    private static void check(Tensor t) {
        if (t.layout() != Layout.STRIDED)
            throw new IllegalArgumentException(
                    "function transforms take strided tensors, but this one is " + t.layout() + ": " + t.describe());
        t.strides(); // nested tensors have none: an exception
    }

    static Tensor wrapped(Tensor t, TransformLevel level) {
        check(t);
        return adopt(level.wrapped(object(t)));
    }

    static Tensor batched(Tensor t, int dim, TransformLevel level) {
        check(t);
        return adopt(level.batched(object(t), dim));
    }

    /** Returns the tensor inside all wrappers. */
    static Tensor innermost(Tensor t) {
        long object = object(t);
        while (Transforms.isWrapped(object)) object = Transforms.inside(object);
        References.retain(object);
        return adopt(object);
    }

    /** Returns another handle of a tensor, in the current scope. */
    static Tensor handle(Tensor t) {
        return adopt(RawValues.access().share(t));
    }

    /** Returns a tensor without the wrappers of levels that are closed: always a handle of its own. */
    static Tensor unwrapped(Tensor t) {
        return adopt(TransformLevel.unwrapped(object(t)));
    }

    /** A tensor with all dimensions and the one that a level has hidden, or -1. */
    record Unbatched(Tensor tensor, int dim) {}

    static Unbatched unbatched(Tensor t, TransformLevel level) {
        var inner = level.unbatched(object(unwrapped(t)));
        return new Unbatched(adopt(inner.tensor()), (int) inner.dim());
    }

    /** Returns a tree with all its tensors unwrapped and moved out of {@code scope}. */
    static @Nullable Object released(Scope scope, @Nullable Object tree) {
        return Trees.map(tree, t -> scope.move(unwrapped(t)));
    }
}
