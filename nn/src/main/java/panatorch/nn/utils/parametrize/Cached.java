package panatorch.nn.utils.parametrize;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A time in which this thread computes every parametrized tensor once: see {@link Parametrize#cached}. It ends with {@link #close}, on the
 * same thread, which frees the values; where several are open, with the last one.
 */
public final class Cached implements AutoCloseable {
    private static final ThreadLocal<@Nullable Values> CURRENT = new ThreadLocal<>();

    private static final class Values {
        final Map<ParametrizationList, Tensor> computed = new IdentityHashMap<>();
        int open;
    }

    private final Values values;
    private boolean closed;

    Cached() {
        Values current = CURRENT.get();
        if (current == null) CURRENT.set(current = new Values());
        current.open++;
        values = current;
    }

    static Tensor value(ParametrizationList list) {
        Values current = CURRENT.get();
        if (current == null) return list.value();
        Tensor known = current.computed.get(list);
        if (known == null) current.computed.put(list, known = list.value().escape());
        return known;
    }

    /** Ends the time. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        if (CURRENT.get() != values) throw new IllegalStateException("close the cache of parametrizations on the thread that opened it");
        closed = true;
        if (--values.open > 0) return;
        CURRENT.remove();
        values.computed.values().forEach(Tensor::close);
    }
}
