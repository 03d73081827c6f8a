package panatorch.datasets;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The items of a stream in a random order within a window; {@link IterableDataset#shuffle} describes it. */
final class ShuffledWindow<T> extends Spliterators.AbstractSpliterator<T> {
    private final Stream<T> source;
    private final Spliterator<T> items;
    private final int size;
    private final SplitMix random;
    /** Tensors in here belong to no scope: one that is open now may close before the item is drawn. */
    private final List<T> window = new ArrayList<>();
    private boolean ended;

    ShuffledWindow(Stream<T> source, int size, long seed) {
        super(Long.MAX_VALUE, 0);
        this.source = source;
        items = source.spliterator();
        this.size = size;
        random = new SplitMix(seed);
    }

    Stream<T> stream() {
        return StreamSupport.stream(this, false).onClose(() -> {
            window.forEach(Values::close);
            window.clear();
            source.close();
        });
    }

    @Override public boolean tryAdvance(Consumer<? super T> action) {
        while (!ended && window.size() < size) ended = !items.tryAdvance(item -> window.add(kept(item)));
        if (window.isEmpty()) return false;
        T last = window.removeLast();
        int drawn = random.nextInt(window.size() + 1);
        T item = drawn == window.size() ? last : window.set(drawn, last);
        action.accept(handedOut(item));
        return true;
    }

    @SuppressWarnings("unchecked") // the copy has the same interfaces: Tensor, Map or List
    private T kept(T item) { return Objects.requireNonNull((T) Values.map(item, t -> t.detach().escape())); }

    @SuppressWarnings("unchecked") private T handedOut(T item) {
        return Objects.requireNonNull((T) Values.map(item, t -> {
            try (t) {
                return t.detach();
            }
        }));
    }
}
