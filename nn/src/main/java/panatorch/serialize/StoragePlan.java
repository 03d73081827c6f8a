package panatorch.serialize;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The parts of storages that a file has to contain so that tensors that share memory share it again when they are read. Only the part of a
 * storage that the tensors span is written. So a row of a large matrix does not take the matrix along, as it does in Python.
 */
final class StoragePlan implements TorchFile.StorageBytes {
    /**
     * The place of a tensor in the file.
     *
     * @param key number of the storage
     * @param elements number of elements of the storage
     * @param offset offset in the storage, in elements
     * @param strides strides, in elements
     */
    record Place(int key, long elements, long offset, long[] strides) {}

    /**
     * The memory of several tensors, elements {@code first} to {@code end} (exclusive) of libtorch's storage; or, if both are 0, a tensor
     * that is copied.
     */
    private static final class Part {
        final int key;
        final Tensor tensor;
        long first, end;

        Part(int key, Tensor tensor, long first, long end) {
            this.key = key;
            this.tensor = tensor;
            this.first = first;
            this.end = end;
        }
    }

    private record Memory(long address, DType dtype) {}

    private record Use(Part part, long offset) {}

    private final Map<Memory, Part> shared = new HashMap<>();
    private final Map<Tensor, Use> uses = new IdentityHashMap<>();
    private final List<Part> parts = new ArrayList<>();

    /** Adds a tensor. All tensors have to be added before the first call of {@link #place}. */
    void add(Tensor t) {
        if (uses.containsKey(t)) return;
        if (t.layout() != Layout.STRIDED || t.device().type() == Device.Type.META)
            throw new IllegalArgumentException("a tensor without strides or without memory cannot be saved: " + t.describe());
        if (t.device().type() != Device.Type.CPU || t.isConj() || t.isNeg() || t.numel() == 0) {
            uses.put(t, new Use(part(t, 0, 0), 0));
            return;
        }
        long begin = address(t, 0L), offset = (address(t, null) - begin) / t.dtype().bytes(), end = offset + 1;
        long[] shape = t.shape(), strides = t.strides();
        for (int d = 0; d < shape.length; d++) end += (shape[d] - 1) * strides[d];
        Part part = shared.get(new Memory(begin, t.dtype()));
        if (part == null) shared.put(new Memory(begin, t.dtype()), part = part(t, offset, end));
        part.first = Math.min(part.first, offset);
        part.end = Math.max(part.end, end);
        uses.put(t, new Use(part, offset));
    }

    private Part part(Tensor t, long first, long end) {
        var part = new Part(parts.size(), t, first, end);
        parts.add(part);
        return part;
    }

    /** Returns the byte address of an element of the storage, or of the tensor's first element for null. */
    private static long address(Tensor t, @Nullable Long element) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var arena = Arena.ofConfined()) {
            long[] one = {1};
            return (element == null ? t.asStrided(one, one) : t.asStrided(one, one, element.longValue())).data(arena).address();
        }
    }

    Place place(Tensor t) {
        Use use = Objects.requireNonNull(uses.get(t), "a tensor that was not planned for");
        Part part = use.part;
        if (part.end == 0) return new Place(part.key, t.numel(), 0, Storage.contiguous(t.shape()));
        return new Place(part.key, part.end - part.first, use.offset - part.first, t.strides());
    }

    @Override public int size() { return parts.size(); }

    @Override public MemorySegment bytes(int key, Arena arena) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return contiguous(parts.get(key)).data(arena);
        }
    }

    /** Returns the elements of a part, contiguous on the CPU: the memory of the tensors themselves if possible. */
    private static Tensor contiguous(Part part) {
        if (part.end == 0) return part.tensor.to(Device.CPU).resolveConj().resolveNeg().contiguous();
        return part.tensor.asStrided(new long[] {part.end - part.first}, new long[] {1}, part.first);
    }

    /** Copies all storages as they are now. */
    StorageCopies copies() {
        var copies = new StorageCopies();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Part part : parts) {
                Tensor elements = contiguous(part);
                boolean own = part.tensor.device().type() != Device.Type.CPU; // it was copied from there just now
                copies.add((own ? elements : elements.clone()).escape());
            }
            return copies;
        } catch (RuntimeException | Error e) {
            copies.close();
            throw e;
        }
    }
}
