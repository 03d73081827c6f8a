package panatorch.serialize;

import java.math.BigInteger;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;

/**
 * The values that files may hold: tensors, arrays, numbers, texts, and lists, sets and maps of them. They are nested so little that a plain
 * recursion can walk them.
 */
final class PlainData {
    static final int MOST_LEVELS = 200;
    private static final long MOST_VALUES = 50_000_000;

    private final FileBytes file;
    private final IdentityHashMap<Object, Long> sizes = new IdentityHashMap<>();

    private PlainData(FileBytes file) { this.file = file; }

    /**
     * Checks the size of a value. A few bytes of a pickle can describe a list that contains itself, or a list of lists of lists, each of
     * them twice, which takes forever to walk.
     */
    static void check(FileBytes file, @Nullable Object value) throws MalformedFileException { new PlainData(file).size(value, 0); }

    private long size(@Nullable Object value, int level) throws MalformedFileException {
        if (level > MOST_LEVELS)
            throw file.malformed("its values are nested more than " + MOST_LEVELS
                    + " levels deep, or contain themselves");
        return switch (value) {
            case Map<?, ?> map -> sum(map, map.values(), level);
            case Collection<?> values -> sum(values, values, level);
            case null -> 1;
            case Tensor t -> 1;
            case NumpyArray array -> 1;
            case PythonValues.Unknown u -> 1; // only where the reader is lenient
            case Object o when isScalar(o) -> 1;
            default -> throw file.malformed("it holds something that is neither a tensor nor plain data");
        };
    }

    private long sum(Object container, Collection<?> values, int level) throws MalformedFileException {
        Long known = sizes.get(container);
        if (known != null) return known;
        long all = 1;
        for (Object v : values) {
            all += size(v, level + 1);
            if (all > MOST_VALUES) throw file.malformed("it has more than " + MOST_VALUES + " values, because it repeats the same ones");
        }
        sizes.put(container, all);
        return all;
    }

    static boolean isScalar(Object o) {
        return o instanceof String || o instanceof Boolean || o instanceof Long || o instanceof Integer || o instanceof Double
                || o instanceof Float || o instanceof BigInteger || o instanceof Complex
                || o instanceof DType || o instanceof Device || o instanceof byte[];
    }
}
