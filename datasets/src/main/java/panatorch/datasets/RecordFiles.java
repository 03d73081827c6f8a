package panatorch.datasets;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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

    /** One of the forms in which a set is published. @param ending of its files' names; @param meta the file in which a pickle names the classes, or null */
    record Version(String folder, String archive, String ending, @Nullable String meta) {
        List<Path> in(Path folder, List<String> names) { return names.stream().map(n -> folder.resolve(n + ending)).toList(); }
    }

    /**
     * The files {@code names} of the first version of which {@code data} holds the folder, or is that folder, which one of the files {@code all} tells.
     *
     * @throws DatasetException if there is none, or it names other classes
     */
    static List<Path> find(Path data, List<Version> versions, List<String> all, List<String> names, RecordFile.Layout layout) {
        for (boolean inside : new boolean[] {true, false}) {
            for (Version v : versions) {
                Path folder = inside ? data.resolve(v.folder) : data;
                if (!(inside ? Files.isDirectory(folder) : v.in(data, all).stream().anyMatch(Files::isRegularFile))) continue;
                if (v.meta != null && Files.exists(folder.resolve(v.meta))) PickledRecords.checkClasses(folder.resolve(v.meta), layout);
                return v.in(folder, names);
            }
        }
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        throw new DatasetException("the folder " + data + " holds no folder " + String.join(" or ", versions.stream().map(Version::folder).toList())
                + "; unpack " + String.join(" or ", versions.stream().map(Version::archive).toList()) + " there");
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

    /** Frees the records. Closing twice is harmless. */
    @Override public void close() {
        if (arena.scope().isAlive()) arena.close();
    }
}
