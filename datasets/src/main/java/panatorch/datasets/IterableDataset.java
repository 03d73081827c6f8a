package panatorch.datasets;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Items that can only be read one after the other, such as the lines of a file or the messages of a queue: PyTorch's
 * {@code IterableDataset}. An {@link IterableLoader} makes batches of them.
 *
 * <pre>{@code
 * IterableDataset<String> lines = pass -> pass.share(Files.lines(file));
 * var loader = IterableLoader.of(lines.map(line -> Map.of("text", line)), 32, Collate.standard()).build();
 * }</pre>
 *
 * <p>
 * Every worker of every rank reads a stream of its own. <b>A dataset must give each of them other items</b>, or every item comes several
 * times: {@link Pass#share} takes every n-th one. In PyTorch, {@code get_worker_info} serves for this. A loader calls a stream from one
 * thread at a time, not always the same, with a scope open for each batch, and closes the stream at its end.
 */
@FunctionalInterface
public interface IterableDataset<T> {
    /**
     * Opens a stream of the items of one share. Two streams of the same pass must have the same items in the same order, so that a run can
     * be repeated.
     */
    Stream<T> stream(Pass pass);

    /**
     * One reading of a share of the items.
     *
     * @param epoch number of the epoch
     * @param share number of the share, from 0
     * @param shares number of shares: workers times ranks
     */
    record Pass(long epoch, int share, int shares) {
        public Pass {
            if (shares < 1 || share < 0 || share >= shares)
                throw new IllegalArgumentException("the share must be from 0 to " + (shares - 1) + ", but is " + share);
        }

        /** Returns this share of a stream of all items: every {@code shares}-th one, beginning with number {@code share}. */
        public <T> Stream<T> share(Stream<T> all) {
            if (shares == 1) return all;
            var number = new long[1];
            return all.filter(_ -> number[0]++ % shares == share);
        }
    }

    /** Makes a dataset of items that can be iterated many times, such as a list. Each share takes every {@code shares}-th item. */
    static <T> IterableDataset<T> of(Iterable<? extends T> items) {
        return pass -> pass.share(StreamSupport.stream(items.spliterator(), false).map(item -> item));
    }

    /** Makes a dataset of one with indices, in its order. Each share reads only its own items. */
    static <T> IterableDataset<T> of(ItemDataset<? extends T> items) {
        return pass -> IntStream.range(0, Math.ceilDiv(Math.max(0, items.size() - pass.share), pass.shares))
                .mapToObj(i -> items.get(i * pass.shares + pass.share, new SplitMix(SplitMix.seed(pass.epoch, i, pass.share))));
    }

    /** Returns the items of several datasets, one after the other: PyTorch's {@code ChainDataset}. Each is opened when it is reached. */
    @SafeVarargs
    @SuppressWarnings("varargs") // the array is only copied
    static <T> IterableDataset<T> chain(IterableDataset<? extends T>... sets) {
        List<IterableDataset<? extends T>> all = List.of(sets);
        return pass -> new Chained<T>(all, pass).stream();
    }

    /** Returns the items that {@code change} makes of this dataset's. */
    default <R> IterableDataset<R> map(Function<? super T, ? extends R> change) {
        return pass -> stream(pass).map(change);
    }

    /** Returns the items that satisfy a condition. */
    default IterableDataset<T> filter(Predicate<? super T> condition) {
        return pass -> stream(pass).filter(condition);
    }

    /**
     * Returns the items in a random order within a window: each is drawn from the next {@code window} items that have not come yet. The
     * window's items stay in memory, so shuffle names or bytes rather than decoded images. Tensors in the window, also those of maps and
     * lists, outlive the scope in which they were made; those inside objects of other types do not.
     *
     * @param window number of items to draw from, at least 1
     * @param seed seed of all epochs and shares
     */
    default IterableDataset<T> shuffle(int window, long seed) {
        if (window < 1) throw new IllegalArgumentException("window must be at least 1, but is " + window);
        return pass -> new ShuffledWindow<>(stream(pass), window, SplitMix.seed(seed, pass.epoch, pass.share)).stream();
    }
}
