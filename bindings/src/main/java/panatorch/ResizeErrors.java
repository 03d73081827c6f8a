package panatorch;

import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** libtorch's error that memory cannot grow, after which it leaves tensors with a shape that reaches beyond their memory. */
final class ResizeErrors {
    private ResizeErrors() {}

    /** The text of libtorch's error. */
    private static final String REFUSED = "Trying to resize storage that is not resizable";

    /**
     * Returns {@code message}; if it says that a storage could not be resized, with advice what to do. In that case libtorch has already
     * changed the shape of the tensor, which then reaches beyond its memory. Such arguments get the shape [n] of all their memory.
     */
    static String explained(String message, DispatcherStack stack) {
        if (!message.contains(REFUSED)) return message;
        for (int i = 0; i < stack.size(); i++) if (stack.tag(i) == Tag.TENSOR) shrink(stack.payload(i));
        return message.replace(REFUSED, "the memory of this tensor cannot grow: " + ExportedMemory.FIXED);
    }

    static boolean saysNotResizable(Throwable t) {
        return t instanceof RuntimeException && t.getMessage() != null && t.getMessage().contains(REFUSED);
    }

    static void shrink(long impl) {
        if (References.isUndefinedTensor(impl)) return;
        References.retain(impl);
        ThreadContext c = ThreadContext.current();
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor t = c.adopt(impl);
            if (t.layout() != Layout.STRIDED) return;
            long room = t.read(at -> CApi.storageBytes(at.handle, at.result)) / t.dtype().bytes()
                    - t.read(at -> CApi.storageOffset(at.handle, at.result));
            long last = 0;
            long[] shape = t.shape(), strides = t.strides();
            for (int d = 0; d < shape.length; d++) last += (shape[d] - 1) * strides[d];
            if (t.numel() > 0 && last >= room) t.resize_(new long[] {room});
        }
    }
}
