package panatorch.apps.options;

import java.util.Collection;
import java.util.Set;
import java.util.stream.IntStream;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.DatasetView;
import panatorch.datasets.Item;

/** {@code --damaged}: what to do about an image file that cannot be decoded. */
public enum DamagedName {
    STOP, SKIP;

    /**
     * Returns a view of the set whose error names {@code --damaged} when this stops at the first damaged image; the view closes the set.
     */
    public Dataset over(Dataset set) {
        return this == STOP ? new Advised(set) : set;
    }

    /** Makes the loader leave damaged images out where this skips them. */
    public DataLoader.Builder on(DataLoader.Builder loader) {
        return this == SKIP ? loader.skipDamaged() : loader;
    }

    /** Returns a view of the set without the items of these names. */
    public static Dataset without(Dataset set, Collection<String> names) {
        if (names.isEmpty()) return set;
        var left = Set.copyOf(names);
        return set.subset(IntStream.range(0, set.size()).filter(i -> !left.contains(set.name(i))).toArray());
    }

    @Override public String toString() { return Names.of(this); }

    private static final class Advised extends DatasetView {
        Advised(Dataset source) { super(source); }

        @Override public void read(int index, Item item) {
            try {
                super.read(index, item);
            } catch (DatasetException e) {
                throw new DatasetException(e.getMessage() + ". Mend or remove the file, or pass --damaged skip to leave damaged images out",
                        e);
            }
        }

        @Override public void close() { source().close(); }
    }
}
