package panatorch.apps.measures;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.DatasetView;
import panatorch.datasets.Item;

/** A data set that goes on past damaged items. A damaged item reads as arbitrary values, and {@link #damage} says what is wrong with it. */
public final class LenientDataset extends DatasetView {
    private final Map<Integer, String> damaged = new ConcurrentHashMap<>();

    /** Wraps a data set, which the caller still closes. */
    public LenientDataset(Dataset source) { super(source); }

    /** Returns what is wrong with an item that has been read, or null if nothing is. */
    public @Nullable String damage(int index) {
        return damaged.get(index);
    }

    public boolean anyDamage() { return !damaged.isEmpty(); }

    @Override public void read(int index, Item item) {
        try {
            super.read(index, item);
        } catch (DatasetException e) {
            damaged.put(index, String.valueOf(e.getMessage()));
        }
    }
}
