package panatorch.datasets;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Several files with equally many records as one dataset. An item has the pixels and one of the labels. */
final class RecordFiles implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final RecordFile[] files;
    private final int records, labelIndex;

    /**
     * Opens the files; see {@link RecordFile#map}.
     *
     * @param records expected number of records of each file; 0 for any number above 0
     * @param labelIndex index of the label that items have
     */
    RecordFiles(List<Path> paths, RecordFile.Layout layout, int records, int labelIndex) {
        files = new RecordFile[paths.size()];
        this.labelIndex = labelIndex;
        try {
            for (int i = 0; i < files.length; i++) files[i] = RecordFile.map(paths.get(i), layout, records, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
        this.records = files[0].records();
    }

    /**
     * A published version of a dataset, such as CIFAR's binary version.
     *
     * @param ending ending of its files' names
     * @param meta the pickle that names the classes, or null if there is none
     */
    record PublishedVersion(String folder, String archive, String ending, @Nullable String meta) {
        List<Path> in(Path folder, List<String> names) { return names.stream().map(n -> folder.resolve(n + ending)).toList(); }
    }

    /**
     * Finds the dataset's files. Looks for the folder of each version in {@code data} first, then tries {@code data} itself, which is the
     * folder of a version if one of the files {@code all} is in it.
     *
     * @param names names of the files to return, without their ending
     * @throws DatasetException if no version is there, or its pickle names other classes
     */
    static List<Path> find(Path data, List<PublishedVersion> versions, List<String> all, List<String> names, RecordFile.Layout layout) {
        for (boolean inside : new boolean[] {true, false}) {
            for (PublishedVersion v : versions) {
                Path folder = inside ? data.resolve(v.folder) : data;
                if (!(inside ? Files.isDirectory(folder) : v.in(data, all).stream().anyMatch(Files::isRegularFile))) continue;
                if (v.meta != null && Files.exists(folder.resolve(v.meta))) PickledRecords.checkClasses(folder.resolve(v.meta), layout);
                return v.in(folder, names);
            }
        }
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        List<String> folders = versions.stream().map(PublishedVersion::folder).toList();
        List<String> archives = versions.stream().map(PublishedVersion::archive).toList();
        throw new DatasetException("the folder " + data + " holds no folder " + String.join(" or ", folders)
                + "; unpack " + String.join(" or ", archives) + " there");
    }

    int size() { return records * files.length; }

    private RecordFile file(int index) { return files[Objects.checkIndex(index, size()) / records]; }

    int label(int index) { return file(index).label(index % records, labelIndex); }

    String name(int index) { return "record " + index % records + " of " + file(index).path(); }

    void read(int index, Item item) {
        if (!arena.scope().isAlive()) throw new IllegalStateException("the dataset is closed");
        RecordFile file = file(index);
        file.copyPixels(index % records, item.field(0));
        item.set(1, file.label(index % records, labelIndex));
    }

    /** Frees the records. Closing twice is harmless. */
    @Override public void close() {
        if (arena.scope().isAlive()) arena.close();
    }
}
