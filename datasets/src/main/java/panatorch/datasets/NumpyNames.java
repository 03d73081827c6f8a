package panatorch.datasets;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.internal.pickle.Pickle;

/**
 * The names in a pickle by which NumPy makes arrays of bytes, both NumPy 1's and 2's, and Python makes bytes. Any other name is refused.
 * Python 2's strings and keys of bytes are Latin-1.
 */
final class NumpyNames implements Pickle.Names {
    /** A dtype of NumPy. */
    private record Type(String name) implements Pickle.Built {
        /** Ignores byte order and the like, which single bytes do not have. */
        @Override public void build(@Nullable Object state) {}
    }

    /** A uint8 array, which NumPy makes empty and fills later. In Fortran order the first index is the fastest. */
    static final class Array implements Pickle.Built {
        byte[] values = {};
        long[] shape = {0};
        boolean fortran;

        /** Fills the array from (version, shape, type, whether in Fortran order, bytes). */
        @Override public void build(@Nullable Object state) throws IOException {
            if (!(state instanceof List<?> s) || s.size() != 5 || !(s.get(3) instanceof Boolean order)) throw odd();
            fill(s.get(4), s.get(2), s.get(1), order);
        }

        Array fill(@Nullable Object bytes, @Nullable Object type, @Nullable Object shape, boolean fortran) throws IOException {
            if (!(type instanceof Type(String name))) throw odd();
            if (!name.equals("u1") && !name.equals("|u1"))
                throw new IOException("its array is of NumPy's type '" + name + "', not of bytes ('u1')");
            if (!(bytes instanceof byte[] values) || !(shape instanceof List<?> sizes)) throw odd();
            this.shape = new long[sizes.size()];
            long all = 1;
            for (int i = 0; i < this.shape.length; i++) {
                if (!(sizes.get(i) instanceof Long n) || n < 0 || n > Integer.MAX_VALUE || (all *= n) > Integer.MAX_VALUE) throw odd();
                this.shape[i] = n;
            }
            if (all != values.length) throw new IOException("its array has " + values.length + " bytes, and its shape needs " + all);
            this.values = values;
            this.fortran = fortran;
            return this;
        }
    }

    @Override public Object global(String module, String name) throws IOException {
        String full = module.replace("__builtin__", "builtins").replace("numpy._core.", "numpy.core.") + "." + name;
        return switch (full) {
            case "numpy.core.multiarray._reconstruct" -> (Pickle.Maker) a -> new Array();
            case "numpy.core.numeric._frombuffer" -> (Pickle.Maker) this::ofBuffer;
            case "numpy.ndarray" -> full; // an argument of _reconstruct
            case "numpy.dtype" -> (Pickle.Maker) (List<@Nullable Object> a) -> new Type(text(a));
            case "_codecs.encode" -> (Pickle.Maker) this::encode;
            case "builtins.bytes", "builtins.bytearray" -> (Pickle.Maker) this::bytes;
            default -> throw new IOException("it refers to " + full + ", which a file of images does not need; nothing was run");
        };
    }

    @Override public @Nullable Object persistent(@Nullable Object id) throws IOException {
        throw new IOException("it refers to data outside the pickle");
    }

    @Override public IOException malformed(String what) { return new IOException(what); }

    @Override public Object string(byte[] bytes) { return bytes; }

    @Override public String key(byte[] bytes) { return new String(bytes, StandardCharsets.ISO_8859_1); }

    /** Makes an array of (bytes, type, shape, order), as protocol 5 has it. */
    private Array ofBuffer(List<@Nullable Object> a) throws IOException {
        if (a.size() != 4 || !(a.get(3) instanceof String order)) throw odd();
        return new Array().fill(a.get(0), a.get(1), a.get(2), order.equals("F"));
    }

    private static String text(List<@Nullable Object> a) throws IOException {
        return switch (a.isEmpty() ? null : a.getFirst()) {
            case String s -> s;
            case byte[] b -> new String(b, StandardCharsets.ISO_8859_1);
            case null, default -> throw odd();
        };
    }

    private Object encode(List<@Nullable Object> a) throws IOException {
        if (a.size() != 2 || !(a.get(0) instanceof String text) || !"latin1".equals(a.get(1))) throw odd();
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private Object bytes(List<@Nullable Object> a) throws IOException {
        if (a.isEmpty()) return new byte[0];
        if (a.getFirst() instanceof byte[] bytes) return bytes;
        throw odd();
    }

    private static IOException odd() {
        return new IOException("its pickle is damaged or made by hand: an array or a bytes object has unexpected arguments");
    }
}
