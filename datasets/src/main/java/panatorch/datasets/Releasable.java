package panatorch.datasets;

import org.jspecify.annotations.Nullable;

/** A reference that is dropped when its dataset is closed, so that the data can be collected. Many threads may use it at once. */
final class Releasable<T> {
    private volatile @Nullable T value;

    Releasable(T value) { this.value = value; }

    /**
     * Returns the value.
     *
     * @throws IllegalStateException if the dataset is closed
     */
    T get() {
        T v = value;
        if (v == null) throw new IllegalStateException("the dataset is closed");
        return v;
    }

    void close() { value = null; }
}
