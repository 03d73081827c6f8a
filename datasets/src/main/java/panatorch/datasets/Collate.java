package panatorch.datasets;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A function that makes a batch of a list of items: PyTorch's {@code collate_fn}. The result names the batch's values. {@link Batch#get}
 * returns those that are tensors, and {@link Batch#value} all others. {@link #standard} does what PyTorch's {@code default_collate} does.
 *
 * <pre>{@code
 * var loader = DataLoader.of(boxes, 8, Collate.lists("image", "boxes")).build();     // these stay lists, since their shapes differ
 * }</pre>
 *
 * <p>
 * It is called on the loader's threads, many of them at once, with a {@link panatorch.Scope} open. The batch takes tensors, and maps and
 * lists of tensors at any depth, out of that scope.
 */
@FunctionalInterface
public interface Collate<T> {
    /**
     * Makes a batch.
     *
     * @param items at least one item
     * @throws DatasetException or {@link IllegalArgumentException} if the items do not fit together
     */
    Map<String, ?> apply(List<? extends T> items);

    /**
     * Returns a function that collates every value of items that are maps by {@link #merge}. All items must have the same names. The
     * batch's values have the order of the first item's; {@code Map.of} has none, so pass a map with an order where the first tensor
     * matters, as it does to a transform and to a trainer.
     */
    static Collate<Map<String, ?>> standard() {
        return lists();
    }

    /**
     * Returns {@link #standard} with some values left as they are: a list with one element for each item.
     *
     * @param names names of the values, such as images of different sizes
     */
    static Collate<Map<String, ?>> lists(String... names) {
        Set<String> kept = Set.of(names);
        return items -> Merging.maps(items, kept);
    }

    /** Returns the function that applies {@code change} to every item, and collates the results by this one. */
    default <S> Collate<S> compose(Function<? super S, ? extends T> change) {
        return items -> apply(items.stream().map(change).toList());
    }

    /**
     * Collates values, one of each item, as PyTorch's {@code default_collate} does.
     * <ul>
     * <li>Tensors of one shape become a tensor with the items along a new first dimension; so do arrays of numbers.
     * <li>Whole numbers become an int64 tensor {@code [N]}, {@code Float} float32, {@code Double} float64, truth values bool.
     * <li>Maps become a map, and lists of one length a list, whose elements are collated in turn.
     * <li>Strings, and values of any other type, become a list of them.
     * </ul>
     *
     * @throws IllegalArgumentException if the values are of different kinds, or of different shapes or lengths
     */
    static Object merge(List<?> values) { return Merging.merge("value", values, Set.of()); }
}
