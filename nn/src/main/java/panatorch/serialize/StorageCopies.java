package panatorch.serialize;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import panatorch.Tensor;

/**
 * Copies of storages, so that a file gets the values of the moment at which they were made. They are written in turn, by any thread; each
 * is freed once the next one is asked for.
 */
final class StorageCopies implements TorchFile.StorageBytes, AutoCloseable {
    private final List<Tensor> copies = new ArrayList<>();
    private int freed;

    /** Takes over a contiguous tensor on the CPU that belongs to no scope. */
    void add(Tensor copy) { copies.add(copy); }

    @Override public int size() { return copies.size(); }

    @Override public MemorySegment bytes(int key, Arena arena) {
        while (freed < key) copies.get(freed++).close();
        return copies.get(key).data(arena);
    }

    @Override public void close() { while (freed < copies.size()) copies.get(freed++).close(); }
}
