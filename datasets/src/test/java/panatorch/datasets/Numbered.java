package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;

/** Images {@code [1, 2, 2]} of which number i has the label {@code i % 3} and all pixels {@code i}. */
record Numbered(int size) implements Dataset {
    @Override public List<String> classNames() { return List.of("a", "b", "c"); }

    @Override public long[] imageShape() { return new long[] {1, 2, 2}; }

    @Override public double[] mean() { return new double[] {0}; }

    @Override public double[] std() { return new double[] {1 / 255.0}; }

    @Override public int read(int index, MemorySegment images, long offset) {
        Objects.checkIndex(index, size);
        for (int i = 0; i < 4; i++) images.set(ValueLayout.JAVA_BYTE, offset + i, (byte) index);
        return index % 3;
    }
}
