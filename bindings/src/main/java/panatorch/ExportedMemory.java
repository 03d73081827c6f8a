package panatorch;

import java.util.concurrent.ConcurrentHashMap;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Storages;
import panatorch.internal.libtorch.Tag;

/**
 * The storages that Java reads through segments. Each segment keeps its storage alive, even if the tensor gets another storage. Meanwhile
 * the storage cannot be resized, which would move its memory. Python's {@code numpy()} does the same, but permanently.
 */
final class ExportedMemory {
    private ExportedMemory() {}

    static final String IN_USE = "a segment or buffer of Tensor.data uses its memory",
            FIXED = "it belongs to Java (Torch.fromBlob), or a segment or buffer of Tensor.data uses it; resize a clone(), or close the "
                    + "arena of the segment first";
    /** The text of libtorch's error. */
    private static final String REFUSED = "Trying to resize storage that is not resizable";

    /** The number of segments of each storage that is resizable without them. */
    private static final ConcurrentHashMap<Long, Integer> SEGMENTS = new ConcurrentHashMap<>();

    /** Adds a reference to {@code storage}, which the caller must keep alive during this call, until {@link #release}. */
    static long hold(long storage) {
        References.retain(storage);
        SEGMENTS.compute(storage, (s, n) -> {
            if (n != null) return n + 1;
            if (!Storages.isResizable(s)) return null;
            Storages.setResizable(s, false);
            return 1;
        });
        return storage;
    }

    static boolean holds(long storage) { return SEGMENTS.containsKey(storage); }

    /**
     * Returns {@code message}; if it says that a storage could not be resized, with advice what to do. In that case libtorch has already
     * changed the shape of the tensor, which then reaches beyond its memory. Such arguments get the shape [n] of all their memory.
     */
    static String explained(String message, DispatcherStack stack) {
        if (!message.contains(REFUSED)) return message;
        for (int i = 0; i < stack.size(); i++) if (stack.tag(i) == Tag.TENSOR) shrink(stack.payload(i));
        return message.replace(REFUSED, "the memory of this tensor cannot grow: " + FIXED);
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

    static void release(long storage) {
        SEGMENTS.computeIfPresent(storage, (s, n) -> {
            if (n > 1) return n - 1;
            Storages.setResizable(s, true);
            return null;
        });
        Call call = Call.releasing();
        call.release(Storages.TAG, storage);
        call.end();
    }
}
