package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import panatorch.DType;
import panatorch.Tensor;

/**
 * A zip archive whose entries hold texts and the bytes of tensors, such as a {@code .pt2} file. The whole directory is checked when it is
 * opened: entries lie within the file, do not overlap, and have distinct names. For use by one thread.
 *
 * <p>
 * Tensors are on the CPU and belong to the current scope. Those of a {@linkplain Reading#MAPPED mapped} archive view the mapping, which
 * lives as long as they do; those of a {@linkplain Reading#COPIED copied} one are in memory of their own.
 */
public final class ArchiveFile implements AutoCloseable {
    private final FileBytes file;
    private final ZipArchive zip;
    private final Map<String, Storage> storages = new HashMap<>();

    private ArchiveFile(FileBytes file, ZipArchive zip) {
        this.file = file;
        this.zip = zip;
    }

    /**
     * Opens an archive.
     *
     * @throws MalformedFileException if it is not a zip archive, or its directory is damaged
     */
    public static ArchiveFile open(Path path, Reading reading) throws IOException {
        FileBytes file = FileBytes.open(path, reading);
        try {
            if (!ZipArchive.recognises(file)) throw file.malformed("it is not a zip archive");
            return new ArchiveFile(file, ZipArchive.of(file));
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Returns the names of all entries, in the directory's order. */
    public Set<String> names() { return zip.names(); }

    public boolean has(String name) { return zip.has(name); }

    /**
     * Returns the bytes of an entry.
     *
     * @param most the largest number of bytes to accept
     * @throws MalformedFileException if there is no such entry, it is larger, or its checksum is wrong
     */
    public byte[] bytes(String name, long most) throws IOException {
        long size = zip.bytes(name).byteSize();
        if (size > Math.min(most, Integer.MAX_VALUE - 8))
            throw malformed(name + " has " + size + " bytes, more than the " + most + " allowed");
        return zip.checked(name).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Returns the number of bytes of an entry. */
    public long size(String name) throws IOException { return zip.bytes(name).byteSize(); }

    /**
     * Makes a tensor over the bytes of an entry, which begin with its storage. Tensors of one entry share their memory. It is not a view in
     * autograd's sense.
     *
     * @param entry name of the entry
     * @param name name of the tensor, for messages
     * @param offset index of the first element in the storage
     * @throws MalformedFileException if the tensor does not lie within the entry
     */
    public Tensor tensor(String entry, String name, DType dtype, long offset, long[] shape, long[] strides) throws IOException {
        Storage storage = storages.get(entry);
        if (storage == null) {
            storage = zip.storage(entry, 0, 16);
            storages.put(entry, storage);
        }
        return storage.tensor(name, dtype, offset, shape, strides);
    }

    /**
     * Checks that a copied archive has not changed since it was opened; call it after the last tensor was made.
     *
     * @throws MalformedFileException if it has
     */
    public void requireUnchanged() throws IOException { zip.requireUnchanged(); }

    /** Returns the exception to throw for a fault of this archive; its message names the file. */
    public MalformedFileException malformed(String what) {
        return file.malformed(what);
    }

    /** Closes the file. Tensors stay. */
    @Override public void close() throws IOException { file.close(); }
}
