package panatorch.datasets;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * CIFAR-10 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"): 50,000 training and 10,000 test images
 * of 10 classes, RGB, 32×32. It reads the <em>binary version</em>, {@code cifar-10-binary.tar.gz} unpacked.
 *
 * <p>The files are mapped into memory: opening them copies nothing, an image is copied when a batch is made of it. {@link #close}
 * unmaps them; a read that runs meanwhile on another thread ends in an {@link IllegalStateException}. Nobody may shorten the files
 * while they are mapped.
 */
public final class Cifar10 implements Dataset {
    private static final String FOLDER = "cifar-10-batches-bin";
    private static final int PIXELS = 3 * 32 * 32, RECORDS = 10_000;
    private static final List<String> NAMES = List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
    private static final Schema SCHEMA = Schema.images(3, 32, 32, ChannelStats.rgb(0.4914, 0.4822, 0.4465, 0.2470, 0.2435, 0.2616), NAMES);

    private final Arena arena = Arena.ofShared();
    private final RecordFile[] files;

    private Cifar10(Path data, String... names) {
        Path folder = folder(data);
        files = new RecordFile[names.length];
        try {
            for (int i = 0; i < names.length; i++) files[i] = RecordFile.map(folder.resolve(names[i]), 1 + PIXELS, RECORDS, NAMES.size(), arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * The training images.
     *
     * @param data the folder that holds {@code cifar-10-batches-bin}, as torchvision has it, or that folder itself
     * @throws DatasetException if a file is missing, has a wrong size or a label above 9
     */
    public static Cifar10 train(Path data) {
        return new Cifar10(data, "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin");
    }

    /** The test images; see {@link #train}. */
    public static Cifar10 test(Path data) { return new Cifar10(data, "test_batch.bin"); }

    private static Path folder(Path data) {
        if (Files.isDirectory(data.resolve(FOLDER))) return data.resolve(FOLDER);
        if (Files.exists(data.resolve("test_batch.bin")) || Files.exists(data.resolve("data_batch_1.bin"))) return data;
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        throw new DatasetException("the folder " + data + " holds no folder " + FOLDER
                + (Files.isDirectory(data.resolve("cifar-10-batches-py")) ? ", only CIFAR-10's Python version" : "") + "; unpack cifar-10-binary.tar.gz there");
    }

    @Override public int size() { return RECORDS * files.length; }

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size());
        RecordFile file = files[index / RECORDS];
        file.copyPixels(index % RECORDS, item.field(0));
        item.set(1, file.label(index % RECORDS));
    }

    @Override public int label(int index) { return files[Objects.checkIndex(index, size()) / RECORDS].label(index % RECORDS); }

    @Override public String name(int index) { return "record " + index % RECORDS + " of " + files[index / RECORDS].path(); }

    @Override public void close() {
        if (arena.scope().isAlive()) arena.close();
    }
}
