package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/** Images {@code [1, 2, 2]} of which number i has the label {@code i % 3} and all pixels {@code i}. */
record Numbered(int size) implements Dataset {
    private static final Schema SCHEMA = Schema.images(1, 2, 2, ChannelStats.grey(0, 1 / 255.0), List.of("a", "b", "c"));

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size);
        MemorySegment pixels = item.field(0);
        pixels.fill((byte) index);
        item.set(1, index % 3);
    }
}
