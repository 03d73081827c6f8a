package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.CallRecorder;
import panatorch.internal.libtorch.Blobs;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Storages;

/** Makes tensors from Java's memory, by copying or sharing it, and gives Java access to the memory of tensors. */
final class JavaMemory {
    private JavaMemory() {}

    static {
        Startup.ensure();
    }

    /** Makes a tensor with a copy of {@code bytes}; see {@link Torch#copyOf}. */
    static Tensor copyOf(MemorySegment bytes, DType dtype, long[] shape) {
        if (bytes.byteSize() != elements(shape) * dtype.bytes())
            throw new IllegalArgumentException(
                    "a " + dtype + " tensor of shape " + Arrays.toString(shape) + " needs " + elements(shape) * dtype.bytes()
                            + " bytes, not " + bytes.byteSize());
        Tensor t = Aten.empty(shape, dtype);
        try (var arena = Arena.ofConfined()) {
            read(t, arena).copyFrom(bytes);
        }
        return t;
    }

    /** Makes a tensor with a copy of a Java array. */
    static Tensor copyOf(MemorySegment array, int length, DType dtype, long[] shape) {
        if (elements(shape) != length)
            throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " needs " + elements(shape) + " values, not " + length);
        return copyOf(array, dtype, shape);
    }

    private static long elements(long[] shape) {
        long n = 1;
        for (long s : shape) {
            if (s < 0) throw new IllegalArgumentException("a negative size in shape " + Arrays.toString(shape));
            if (Math.multiplyHigh(n, s) != 0 || n * s < 0)
                throw new IllegalArgumentException("too many elements in shape " + Arrays.toString(shape));
            n *= s;
        }
        return n;
    }

    /** Makes a tensor over the memory of a buffer; see {@link Torch#fromBuffer}. */
    static Tensor fromBuffer(ByteBuffer buffer, DType dtype, long[] shape) {
        if (!buffer.isDirect())
            throw new IllegalArgumentException(
                    "the buffer is on the Java heap, where the garbage collector moves it; use a direct buffer, or "
                            + "Torch.copyOf(MemorySegment.ofBuffer(buffer), …)");
        if (buffer.order() != ByteOrder.nativeOrder() && dtype.bytes() > 1)
            throw new IllegalArgumentException(
                    "the byte order of the buffer is " + buffer.order() + ", but libtorch reads " + ByteOrder.nativeOrder()
                            + "; set buffer.order(ByteOrder.nativeOrder()) before writing to it");
        return fromBlob(MemorySegment.ofBuffer(buffer), dtype, shape);
    }

    /** Makes a tensor over the memory of a segment; see {@link Torch#fromBlob}. */
    static Tensor fromBlob(MemorySegment segment, DType dtype, long[] shape) {
        if (!segment.isNative())
            throw new IllegalArgumentException(
                    "the segment is on the Java heap, where the garbage collector moves it; allocate it from an Arena, or use copyOf");
        if (!segment.scope().isAlive()) throw new IllegalStateException("the segment's arena is closed");
        if (!segment.isAccessibleBy(Thread.currentThread()))
            throw new WrongThreadException("the segment belongs to another thread's arena");
        if (segment.isReadOnly())
            throw new IllegalArgumentException(
                    "the segment is read-only, but operators may write to a tensor; map a file with MapMode.PRIVATE, or use copyOf");
        if (segment.byteSize() != elements(shape) * dtype.bytes())
            throw new IllegalArgumentException(
                    "a " + dtype + " tensor of shape " + Arrays.toString(shape) + " needs a segment of " + elements(shape) * dtype.bytes()
                            + " bytes, not " + segment.byteSize());
        if (segment.address() % Math.min(8, dtype.bytes()) != 0)
            throw new IllegalArgumentException("the segment is not aligned for " + dtype);
        return ArenaMemory.isCloseable(segment) ? ArenaMemory.tensor(segment, dtype, shape)
                : tensor(segment, dtype, shape, () -> Reference.reachabilityFence(segment));
    }

    /**
     * Returns the memory of a tensor; see {@link Tensor#data(Arena)}. For memory of an arena that can be closed, the result is a slice of
     * that arena's segment, which nobody can read once the arena is closed.
     */
    static MemorySegment of(Tensor given, Arena arena) {
        Tensor t = given.memory();
        MemorySegment segment = read(t, arena);
        ArenaMemory memory = t.<@Nullable ArenaMemory>read(c -> ArenaMemory.of(Storages.of(Memory.getLong(c.handle))));
        return memory == null ? segment : memory.segment.asSlice(segment.address() - memory.segment.address(), segment.byteSize());
    }

    /** Returns the memory of a tensor as {@link #of} does, but for immediate use and on any thread. */
    static MemorySegment read(Tensor given, Arena arena) {
        CallRecorder recorder = ThreadContext.current().recorder;
        Tensor t = given.memory();
        if (recorder != null) recorder.reading(t.<Long>read(c -> Memory.getLong(c.handle)));
        if (t.device().type() != Device.Type.CPU)
            throw new IllegalStateException("Java cannot read the memory of a tensor on " + t.device() + "; copy it with to(Device.CPU)");
        if (!t.isContiguous())
            throw new IllegalStateException("the tensor is not contiguous; call contiguous() first. It has shape "
                    + Arrays.toString(t.shape()) + " and strides " + Arrays.toString(t.strides()));
        if (t.isConj() || t.isNeg())
            throw new IllegalStateException(
                    "the memory of a conjugated or negated view holds other numbers; call resolveConj().resolveNeg() first");
        long bytes = t.numel() * t.dtype().bytes();
        long begin = t.read(c -> CApi.storageOffset(c.handle, c.result)) * t.dtype().bytes(),
                there = t.read(c -> CApi.storageBytes(c.handle, c.result));
        if (begin + bytes > there)
            throw new IllegalStateException(
                    "the memory of the tensor has " + there + " bytes, fewer than its shape " + Arrays.toString(t.shape()) + " needs");
        long storage = t.read(c -> ExportedMemory.hold(Storages.of(Memory.getLong(c.handle))));
        try {
            ArenaMemory memory = ArenaMemory.of(storage);
            if (memory != null) memory.requireOpen();
            long address = t.read(c -> CApi.dataPointer(c.handle, c.result));
            if (address == 0 && bytes > 0)
                throw new IllegalStateException(
                        "the tensor has no memory: it is " + t.describe() + " of implicit zeros; clone() stores them");
            return Memory.segment(address, bytes, arena, s -> release(storage));
        } catch (RuntimeException e) {
            release(storage);
            throw e;
        }
    }

    private static void release(long storage) {
        ExportedMemory.end(storage);
        Call call = Call.releasing();
        call.release(Storages.TAG, storage);
        call.end();
    }

    /**
     * Returns a tensor over {@code segment}. {@code then} runs when libtorch no longer uses the memory, on any thread, and stays reachable
     * until then.
     */
    private static Tensor tensor(MemorySegment segment, DType dtype, long[] shape, Runnable then) {
        return ThreadContext.current().adopt(Blobs.tensor(segment, dtype.code(), shape, then));
    }
}
