package panatorch.datasets;

import java.util.Objects;

/** A view of some items of another dataset. */
final class Subset implements Dataset {
    private final Dataset source;
    private final int[] indices;

    Subset(Dataset source, int[] indices) {
        this.source = source;
        this.indices = indices.clone();
        for (int i : indices) Objects.checkIndex(i, source.size());
    }

    private int place(int index) { return indices[Objects.checkIndex(index, indices.length)]; }

    @Override public int size() { return indices.length; }

    @Override public Schema schema() { return source.schema(); }

    @Override public void read(int index, Item item) { source.read(place(index), item); }

    @Override public String name(int index) { return source.name(place(index)); }

    @Override public int label(int index) { return source.label(place(index)); }
}
