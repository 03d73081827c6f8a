package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/** Some images of another set. */
final class Subset implements Dataset {
    private final Dataset source;
    private final int[] indices;

    Subset(Dataset source, int[] indices) {
        this.source = source;
        this.indices = indices.clone();
        for (int i : indices) Objects.checkIndex(i, source.size());
    }

    @Override public int size() { return indices.length; }

    @Override public List<String> classNames() { return source.classNames(); }

    @Override public long[] imageShape() { return source.imageShape(); }

    @Override public double[] mean() { return source.mean(); }

    @Override public double[] std() { return source.std(); }

    @Override public int read(int index, MemorySegment images, long offset) {
        return source.read(indices[Objects.checkIndex(index, indices.length)], images, offset);
    }
}
