package panatorch.datasets;

import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The streams of several datasets, one after the other. Unlike {@code flatMap}, it holds one item at a time and opens streams late. */
final class Chained<T> extends Spliterators.AbstractSpliterator<T> {
    private final List<IterableDataset<? extends T>> sets;
    private final IterableDataset.Pass pass;
    private int next;
    private @Nullable Stream<? extends T> stream;
    private @Nullable Spliterator<? extends T> items;

    Chained(List<IterableDataset<? extends T>> sets, IterableDataset.Pass pass) {
        super(Long.MAX_VALUE, Spliterator.ORDERED);
        this.sets = sets;
        this.pass = pass;
    }

    Stream<T> stream() { return StreamSupport.<T>stream(this, false).onClose(this::close); }

    @Override public boolean tryAdvance(Consumer<? super T> action) {
        for (;;) {
            if (items != null && items.tryAdvance(action)) return true;
            close();
            if (next == sets.size()) return false;
            stream = sets.get(next++).stream(pass);
            items = stream.spliterator();
        }
    }

    private void close() {
        Stream<? extends T> open = stream;
        stream = null;
        items = null;
        if (open != null) open.close();
    }
}
