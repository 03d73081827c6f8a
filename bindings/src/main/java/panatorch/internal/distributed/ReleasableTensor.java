package panatorch.internal.distributed;

import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.StorageImpl;
import org.bytedeco.pytorch.StringOptional;
import org.bytedeco.javacpp.BytePointer;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * A leaf of graphs whose memory can be freed and taken anew, as PyTorch's FSDP does by {@code untyped_storage().resize_}. Graphs that saved
 * the tensor, or a view of it, find its present memory. Without memory, every operator that reads it throws a {@code TorchException} with
 * the text of {@link #of}, because libtorch refuses to hand out the address. For use by one thread at a time.
 */
public final class ReleasableTensor implements AutoCloseable {
    private final Tensor tensor, memory;
    private final Storage holder;
    private final StorageImpl storage;
    private final String whenReleased;
    private final long bytes;
    private boolean allocated = true;

    private ReleasableTensor(Tensor tensor, Tensor memory, String whenReleased) {
        this.tensor = tensor;
        this.memory = memory;
        this.whenReleased = whenReleased;
        try (var own = memory.unwrap()) {
            holder = own.storage();
        }
        storage = holder.unsafeGetStorageImpl();
        bytes = storage.nbytes();
        release();
    }

    /**
     * Creates a tensor without memory.
     *
     * @param elements number of elements of the memory, at least those of the shape
     * @param whenReleased the text of the error when it is used without memory
     */
    public static ReleasableTensor of(DType dtype, Device device, long[] shape, long elements, String whenReleased) {
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor memory = Torch.empty(dtype, device, elements), tensor = Torch.empty(dtype, device, 0);
            // Shares the memory but not the version counter, so that filling the memory does not invalidate what graphs have saved.
            Aten.set_(tensor, memory, 0, shape, strides(shape));
            return new ReleasableTensor(tensor.escape(), memory.escape(), whenReleased);
        }
    }

    private static long[] strides(long[] shape) {
        var strides = new long[shape.length];
        long step = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= Math.max(1, shape[i]);
        }
        return strides;
    }

    /** Returns the leaf, which belongs to this object. */
    public Tensor tensor() { return tensor; }

    /** Returns all elements of the memory, [elements], for writing. The tensor belongs to this object. */
    public Tensor memory() {
        return memory;
    }

    public boolean isAllocated() { return allocated; }

    /** Takes memory, without values. */
    public void allocate() {
        if (allocated) return;
        exchange(memory.numel());
        storage.clear_data_ptr_access_error_msg_();
        allocated = true;
    }

    /** Frees the memory. */
    public void release() {
        if (!allocated) return;
        allocated = false;
        exchange(0);
        storage.set_nbytes(bytes); // views of the tensor are made without memory, too
        try (var text = new BytePointer(whenReleased); var optional = new StringOptional(text)) {
            storage.release_data_and_set_meta_custom_data_ptr_error_msg_(optional);
        }
    }

    /** Exchanges the memory for that of a new tensor of {@code elements} elements, which is freed. */
    private void exchange(long elements) {
        try (var scope = Scope.open(); var other = Torch.empty(memory.dtype(), memory.device(), elements).unwrap();
                var theirs = other.storage()) {
            holder.swap_data_ptr(theirs);
        }
    }

    /** Frees the memory and this object's references to the tensor. */
    @Override public void close() {
        if (tensor.isClosed()) return;
        release();
        storage.close();
        holder.close();
        tensor.close();
        memory.close();
    }
}
