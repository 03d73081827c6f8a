package panatorch.datasets;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A view of several datasets, one after the other. */
final class Concat implements Dataset {
    private final List<Dataset> sets;
    private final int[] begins; // the first index of each dataset, then the size of all

    Concat(List<Dataset> sets) {
        if (sets.isEmpty()) throw new IllegalArgumentException("there is no dataset to concatenate; pass at least one");
        this.sets = sets;
        begins = new int[sets.size() + 1];
        Schema first = sets.getFirst().schema();
        for (int s = 0; s < sets.size(); s++) {
            Schema other = sets.get(s).schema();
            if (!other.fields().equals(first.fields()))
                throw new IllegalArgumentException(
                        "datasets with different fields cannot be concatenated: " + first.fields() + " and " + other.fields());
            if (!other.classNames().equals(first.classNames()))
                throw new IllegalArgumentException(
                        "datasets with different classes cannot be concatenated: " + first.classNames() + " and " + other.classNames());
            begins[s + 1] = Math.addExact(begins[s], sets.get(s).size());
        }
    }

    /** Returns the position of the dataset that holds an item. */
    private int set(int index) {
        Objects.checkIndex(index, size());
        int at = Arrays.binarySearch(begins, index);
        if (at < 0) return -at - 2;
        while (begins[at + 1] == index) at++; // empty datasets begin at the same index
        return at;
    }

    @Override public int size() { return begins[sets.size()]; }

    @Override public Schema schema() { return sets.getFirst().schema(); }

    @Override public void read(int index, Item item) {
        int s = set(index);
        sets.get(s).read(index - begins[s], item);
    }

    @Override public String name(int index) {
        int s = set(index);
        return sets.get(s).name(index - begins[s]);
    }

    @Override public int label(int index) {
        int s = set(index);
        return sets.get(s).label(index - begins[s]);
    }
}
