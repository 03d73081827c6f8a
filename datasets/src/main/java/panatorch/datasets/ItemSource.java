package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Where a loader reads items from, and how a batch is made of them. */
interface ItemSource {
    int size();

    /** Returns the name of an item for messages. */
    String name(int index);

    /**
     * Begins a batch of at most {@code rows} items, whose tensors belong to the current scope.
     *
     * @param pinned whether to use pinned memory, from which a GPU copies asynchronously
     */
    Rows begin(int rows, boolean pinned, Arena arena);

    /** The items of a batch while it is read. */
    interface Rows {
        /**
         * Reads an item as row {@code row}. A row that failed is read again with another item, or left out.
         *
         * @param seed seed of the item's random numbers
         */
        void read(int index, int row, long seed);

        /** Returns the batch's tensors and values by name. */
        SequencedMap<String, Object> finish(int rows);
    }

    /** Returns the source of a dataset whose items have the same fields. */
    static ItemSource of(Dataset set) {
        return new FieldItems(set);
    }

    /** Returns the source of items of any type. */
    static <T> ItemSource of(ItemDataset<T> set, Collate<? super T> collate) {
        return new AnyItems<>(set, collate);
    }

    record FieldItems(Dataset set) implements ItemSource {
        @Override public int size() { return set.size(); }

        @Override public String name(int index) { return set.name(index); }

        @Override public Rows begin(int rows, boolean pinned, Arena arena) {
            var tensors = new BatchRows(set.schema(), rows, pinned, arena);
            return new Rows() {
                @Override public void read(int index, int row, long seed) {
                    long[] longest = tensors.longest();
                    try {
                        set.read(index, tensors.row(row, seed));
                    } catch (DatasetException e) {
                        tensors.setLongest(longest);
                        throw e;
                    }
                }

                @Override public SequencedMap<String, Object> finish(int rows) { return new LinkedHashMap<>(tensors.tensors(rows)); }
            };
        }
    }

    record AnyItems<T>(ItemDataset<T> set, Collate<? super T> collate) implements ItemSource {
        @Override public int size() { return set.size(); }

        @Override public String name(int index) { return set.name(index); }

        @Override public Rows begin(int rows, boolean pinned, Arena arena) {
            var items = new ArrayList<T>();
            return new Rows() {
                @Override public void read(int index, int row, long seed) {
                    T item = set.get(index, new SplitMix(seed));
                    if (item == null) throw new DatasetException(name(index) + " is null");
                    if (row < items.size()) items.set(row, item);
                    else items.add(item);
                }

                @Override public SequencedMap<String, Object> finish(int rows) { return collated(items.subList(0, rows), collate); }
            };
        }
    }

    /** Collates items; the tensors of the result are independent of those of the items. */
    static <T> SequencedMap<String, Object> collated(List<T> items, Collate<? super T> collate) {
        return Values.own(collate.apply(List.copyOf(items)));
    }
}
