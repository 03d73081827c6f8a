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

/** What files hold: tensors, numbers, texts, and lists, sets and maps of them, nested so that a plain recursion may walk them. */
final class PlainData {
    static final int MOST_LEVELS = 200;
    private static final long MOST_VALUES = 50_000_000;

    private final FileBytes file;
    private final IdentityHashMap<Object, Long> sizes = new IdentityHashMap<>();

    private PlainData(FileBytes file) { this.file = file; }

    /** A few bytes of a pickle can hold a list of a list …, each twice, that takes forever to walk, or a list that holds itself. */
    static void check(FileBytes file, @Nullable Object value) throws MalformedFileException { new PlainData(file).size(value, 0); }

    private long size(@Nullable Object value, int level) throws MalformedFileException {
        if (level > MOST_LEVELS) throw file.malformed("its values are nested more than " + MOST_LEVELS + " levels deep, or hold themselves");
        return switch (value) {
            case Map<?, ?> map -> sum(map, map.values(), level);
            case Collection<?> values -> sum(values, values, level);
            case null -> 1;
            case Tensor t -> 1;
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
            if (all > MOST_VALUES) throw file.malformed("its values are more than " + MOST_VALUES + ", as it holds the same ones again and again");
        }
        sizes.put(container, all);
        return all;
    }

    static boolean isScalar(Object o) {
        return o instanceof String || o instanceof Boolean || o instanceof Long || o instanceof Integer || o instanceof Double || o instanceof Float || o instanceof BigInteger || o instanceof Complex
                || o instanceof DType || o instanceof Device || o instanceof byte[];
    }
}
