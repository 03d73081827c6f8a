package panatorch.datasets;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Files of equally many records as one set; each item has the pixels and one of the labels. */
final class RecordFiles implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final RecordFile[] files;
    private final int records, kind;

    /** @param kind which of the labels; the other parameters as of {@link RecordFile#map} */
    RecordFiles(List<Path> paths, RecordFile.Layout layout, int records, int kind) {
        files = new RecordFile[paths.size()];
        this.kind = kind;
        try {
            for (int i = 0; i < files.length; i++) files[i] = RecordFile.map(paths.get(i), layout, records, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
        this.records = files[0].records();
    }

    /**
     * {@code data} itself or the folder {@code name} in it, whichever holds one of the files {@code of}.
     *
     * @param hint what to do if neither does
     */
    static Path folder(Path data, String name, List<String> of, String hint) {
        if (Files.isDirectory(data.resolve(name))) return data.resolve(name);
        if (of.stream().anyMatch(f -> Files.exists(data.resolve(f)))) return data;
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        throw new DatasetException("the folder " + data + " holds no folder " + name + hint);
    }

    int size() { return records * files.length; }

    private RecordFile file(int index) { return files[Objects.checkIndex(index, size()) / records]; }

    int label(int index) { return file(index).label(index % records, kind); }

    String name(int index) { return "record " + index % records + " of " + file(index).path(); }

    void read(int index, Item item) {
        if (!arena.scope().isAlive()) throw new IllegalStateException("this set is closed");
        RecordFile file = file(index);
        file.copyPixels(index % records, item.field(0));
        item.set(1, file.label(index % records, kind));
    }

    /** Unmaps the files. Closing twice is harmless. */
    @Override public void close() {
        if (arena.scope().isAlive()) arena.close();
    }
}
