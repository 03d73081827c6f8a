package panatorch.datasets;

import org.jspecify.annotations.Nullable;

/** What a set reads from, until the set is closed: then the garbage collector may have it. Many threads may use it at once. */
final class Held<T> {
    private volatile @Nullable T value;

    Held(T value) { this.value = value; }

    /** @throws IllegalStateException if the set is closed */
    T get() {
        T v = value;
        if (v == null) throw new IllegalStateException("this set is closed");
        return v;
    }

    void close() { value = null; }
}
