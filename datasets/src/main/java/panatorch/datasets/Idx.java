package panatorch.datasets;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The content of a file of unsigned bytes in MNIST's format IDX: two zeros, the type 8, the number of dimensions, their sizes as big-endian
 * int32, and the values, last dimension fastest. Values of type 12 are big-endian int32, which are left as bytes.
 *
 * @param shape shape of {@code values}
 */
record Idx(Path path, int[] shape, byte[] values) {
    private static final int UNSIGNED_BYTE = 8, INT32 = 12;

    /**
     * Reads {@code folder/name} or {@code folder/name.gz}, whichever exists.
     *
     * @throws DatasetException if neither exists, or the file is not an IDX file of bytes in {@code dimensions} dimensions, is truncated,
     * or has bytes after its values
     */
    static Idx read(Path folder, String name, int dimensions) { return read(folder, name, dimensions, UNSIGNED_BYTE); }

    /** Reads a file of int32; see {@link #read(Path, String, int)}. Four bytes of {@code values} are one value. */
    static Idx readInts(Path folder, String name, int dimensions) {
        return read(folder, name, dimensions, INT32);
    }

    private static Idx read(Path folder, String name, int dimensions, int type) {
        Path plain = folder.resolve(name), zipped = folder.resolve(name + ".gz"), path = Files.exists(plain) ? plain : zipped;
        if (!Files.isRegularFile(path)) throw new DatasetException("the file " + zipped + " is missing");
        try (InputStream file = new BufferedInputStream(Files.newInputStream(path));
                InputStream in = path == zipped ? new GZIPInputStream(file, 1 << 16) : file) {
            return read(path, in, dimensions, type);
        } catch (EOFException e) {
            throw new DatasetException("the file " + path + " is truncated; download it again", e);
        } catch (IOException e) {
            throw new DatasetException("the file " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Idx read(Path path, InputStream in, int dimensions, int type) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(bytes(in, 4 + 4 * dimensions));
        int magic = type << 8 | dimensions, bytes = type == INT32 ? Integer.BYTES : 1, found = header.getInt();
        if (found != magic)
            throw new DatasetException(
                    String.format("the file %s is not an IDX file of %s in %d dimensions: it begins with %08x instead of %08x",
                            path, type == INT32 ? "int32" : "bytes", dimensions, found, magic));
        var shape = new int[dimensions];
        long size = 1;
        for (int d = 0; d < dimensions; d++) {
            shape[d] = header.getInt();
            if (shape[d] < 0 || (size *= shape[d]) * bytes > Integer.MAX_VALUE - 8)
                throw new DatasetException(
                        "the header of the file " + path + " declares the shape " + Arrays.toString(Arrays.copyOf(shape, d + 1))
                                + "; it must have 0 to " + (Integer.MAX_VALUE - 8) + " values");
        }
        byte[] values = bytes(in, (int) size * bytes);
        if (in.read() >= 0)
            throw new DatasetException("the file " + path + " has bytes after the " + size + " values that its header declares");
        return new Idx(path, shape, values);
    }

    /** Reads exactly {@code n} bytes. The buffer grows with the bytes that are there, so a damaged header costs no memory. */
    private static byte[] bytes(InputStream in, int n) throws IOException {
        byte[] bytes = in.readNBytes(n);
        if (bytes.length < n) throw new EOFException();
        return bytes;
    }
}
