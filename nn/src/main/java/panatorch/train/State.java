package panatorch.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Typed access to the entries of a state dict. */
final class State {
    private State() {}

    static Number number(Map<String, ?> state, String key) { return of(state, key, Number.class); }

    @SuppressWarnings("unchecked") static Map<String, Object> map(Map<String, ?> state, String key) { return of(state, key, Map.class); }

    /** Returns the tensors of a nested state dict. */
    static Map<String, Tensor> tensors(Map<String, ?> state, String key) {
        var tensors = new LinkedHashMap<String, Tensor>();
        map(state, key).forEach((name, value) -> tensors.put(name, tensor(name, value)));
        return tensors;
    }

    static Tensor tensor(String key, @Nullable Object value) {
        if (value instanceof Tensor t) return t;
        throw new IllegalArgumentException("the state's '" + key + "' is not a tensor");
    }

    static <T> T of(Map<String, ?> state, String key, Class<T> type) {
        Object value = state.get(key);
        if (type.isInstance(value)) return type.cast(value);
        throw new IllegalArgumentException(value == null ? "the state has no '" + key + "'"
                : "the state's '" + key + "' is a " + value.getClass().getSimpleName() + ", not a " + type.getSimpleName());
    }
}
