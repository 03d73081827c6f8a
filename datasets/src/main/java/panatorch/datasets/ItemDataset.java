package panatorch.datasets;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import panatorch.Tensor;

/**
 * A collection of items of any Java type by index, for items that a {@link Dataset} cannot hold: images of different sizes, boxes of
 * different numbers, strings. A {@link Collate} makes batches of them.
 *
 * <pre>{@code
 * ItemDataset<Map<String, ?>> items = ItemDataset.of(100, i -> Map.of("a", Torch.full(new long[] {3}, i), "name", "item " + i));
 * try (var epoch = DataLoader.of(items, 8, Collate.standard()).build().epoch(0)) {
 *     for (Batch batch : epoch.scoped()) step(batch.get("a"), (List<?>) batch.value("name"));
 * }
 * }</pre>
 *
 * <p>
 * Reading from many threads at once is safe. A loader calls {@code get} with a scope open, which frees the item's tensors once its batch is
 * made; tensors that a dataset keeps must be made outside of {@code get}. Views read from the dataset they were made of, and closing a view
 * closes nothing.
 */
public interface ItemDataset<T> extends AutoCloseable {
    /**
     * Returns an item.
     *
     * @param random random numbers of this item in this epoch, for choices such as a crop
     * @throws IndexOutOfBoundsException if there is no item {@code index}
     * @throws DatasetException if the item is damaged; the message names it
     */
    T get(int index, RandomGenerator random);

    /** Returns an item, with the random numbers of the seed 0. */
    default T get(int index) {
        return get(index, new SplitMix(0));
    }

    /** Returns the number of items. */
    int size();

    /** Returns a name of the item for messages. */
    default String name(int index) { return "item " + index; }

    /** Frees the memory and files of the dataset. Closing twice is harmless. */
    @Override default void close() {}

    /**
     * Makes a dataset of a function.
     *
     * @param size number of items
     * @param items makes the item of an index; many threads may call it at once
     */
    static <T> ItemDataset<T> of(int size, IntFunction<? extends T> items) {
        return ItemViews.of(size, items);
    }

    /** Makes a dataset of the elements of a list. */
    static <T> ItemDataset<T> of(List<? extends T> items) {
        return ItemViews.of(items.size(), items::get);
    }

    /** Returns the items of a dataset as maps of tensors by field, each of the field's shape. Closing the view closes nothing. */
    static ItemDataset<Map<String, Tensor>> of(Dataset set) {
        return new ItemViews.OfDataset(set);
    }

    /** Returns a view whose items {@code change} makes of those of this dataset. */
    default <R> ItemDataset<R> map(Function<? super T, ? extends R> change) {
        return map((item, random) -> change.apply(item));
    }

    /**
     * Returns a view whose items {@code change} makes of those of this dataset, with random numbers. The random numbers are those of the
     * item in this epoch, and go on after those that reading the item has used.
     */
    default <R> ItemDataset<R> map(BiFunction<? super T, ? super RandomGenerator, ? extends R> change) {
        return new ItemViews.Mapped<>(this, change);
    }

    /** Returns a view of the items {@code indices}, in that order. */
    default ItemDataset<T> subset(int... indices) {
        return new ItemViews.Chosen<>(this, indices);
    }

    /** Returns a view of the items of several datasets, one after the other: PyTorch's {@code ConcatDataset}. */
    static <T> ItemDataset<T> concat(List<? extends ItemDataset<? extends T>> sets) {
        return new ItemViews.Joined<>(sets);
    }

    /**
     * Returns a view whose item i is a map of the items i of several datasets: PyTorch's {@code StackDataset}.
     *
     * @param sets datasets of one size, by the names that their items get
     */
    static ItemDataset<Map<String, ?>> stack(SequencedMap<String, ? extends ItemDataset<?>> sets) {
        return new ItemViews.Stacked(new LinkedHashMap<>(sets));
    }
}
