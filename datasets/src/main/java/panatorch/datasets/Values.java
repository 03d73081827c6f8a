package panatorch.datasets;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Values that may be tensors, or maps and lists that hold tensors at any depth. */
final class Values {
    private Values() {}

    /** Returns {@code value} with another tensor in the place of each. Values of other types are kept as they are. */
    static @Nullable Object map(@Nullable Object value, UnaryOperator<Tensor> change) {
        return switch (value) {
            case Tensor t -> change.apply(t);
            case Map<?, ?> map -> {
                var result = new LinkedHashMap<Object, @Nullable Object>();
                map.forEach((key, inner) -> result.put(key, map(inner, change)));
                yield result;
            }
            case List<?> list -> {
                var result = new ArrayList<@Nullable Object>(list.size());
                for (Object inner : list) result.add(map(inner, change));
                yield result;
            }
            case null, default -> value;
        };
    }

    /** Closes all tensors. */
    static void close(@Nullable Object value) {
        switch (value) {
            case Tensor t -> t.close();
            case Map<?, ?> map -> map.values().forEach(Values::close);
            case List<?> list -> list.forEach(Values::close);
            case null, default -> {}
        }
    }

    /** Returns a copy whose tensors share the memory of the given ones, in the current scope. A batch closes its tensors, but not these. */
    static SequencedMap<String, Object> own(Map<String, ?> values) {
        var result = new LinkedHashMap<String, Object>();
        values.forEach((name, value) -> {
            Object own = map(value, Tensor::detach);
            if (own == null) throw new IllegalArgumentException("the collated value " + name + " is null; leave it out instead");
            result.put(name, own);
        });
        return result;
    }
}
