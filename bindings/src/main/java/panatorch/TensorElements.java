package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Transforms;

/** Reads the elements of tensors, also of those that a function transform wraps in levels of derivatives. */
final class TensorElements {
    private TensorElements() {}

    /** Applies a reader to the memory of a copy of all elements in order, converted to a type. */
    static <T> T copy(Tensor t, DType type, Function<MemorySegment, T> reader) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var arena = Arena.ofConfined()) {
            memory(t);
            Tensor plain = t.to(Device.CPU, type).resolveNeg().contiguous();
            if (Aten._isZerotensor(plain)) plain = plain.clone(); // zeros that take no memory, a gradient for instance
            return reader.apply(JavaMemory.read(plain, arena));
        }
    }

    static boolean isWrapped(Tensor t) { return t.read(c -> Transforms.isWrapped(Memory.getLong(c.handle))); }

    /**
     * Returns the tensor whose memory holds the elements: this one, or the one inside the wrappers of levels of derivatives.
     *
     * @throws IllegalStateException inside {@code vmap}, where a tensor stands for all samples
     */
    static Tensor memory(Tensor t) {
        if (!isWrapped(t)) return t;
        long inner = t.read(c -> {
            long impl = Memory.getLong(c.handle);
            for (; Transforms.isWrapped(impl); impl = Transforms.inside(impl)) if (Transforms.isBatched(impl)) return 0L;
            References.retain(impl);
            return impl;
        });
        if (inner == 0)
            throw new IllegalStateException("the elements of a tensor cannot be read inside vmap, a function transform that computes all "
                    + "samples at once; return the tensor, or look at it by Func.debugUnwrap");
        return ThreadContext.current().adopt(inner);
    }

    /** Returns the text of a tensor inside a function transform, as in Python. */
    static String wrappedText(Tensor t) {
        long[] inside = t.read(c -> {
            long impl = Memory.getLong(c.handle), inner = Transforms.inside(impl);
            References.retain(inner);
            return new long[] {Transforms.isBatched(impl) ? 1 : 0, Transforms.levelOf(impl), inner};
        });
        try (var scope = Scope.open()) {
            return (inside[0] == 1 ? "BatchedTensor" : "GradTrackingTensor") + "(lvl=" + inside[1] + ", value=\n    "
                    + ThreadContext.current().adopt(inside[2]).toString().replace("\n", "\n    ") + "\n)";
        }
    }
}
