package panatorch.datasets;

import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"): 50,000 training and 10,000 test images of 10
 * classes, RGB, 32×32. Reads the unpacked <em>binary version</em>, {@code cifar-10-binary.tar.gz}, or the <em>Python version</em>,
 * {@code cifar-10-python.tar.gz}, whose pickles are read without running any code in them.
 *
 * <p>
 * Binary files are mapped into memory: opening copies nothing, and an image is copied when a batch is made. Pickles are copied into native
 * memory. {@link #close} frees both; a read that runs meanwhile on another thread ends in an {@link IllegalStateException}. The files must
 * not be shortened while they are mapped.
 */
public final class Cifar10 implements Dataset {
    private static final int PIXELS = 3 * 32 * 32, RECORDS = 10_000;
    private static final List<String> NAMES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
    private static final Schema SCHEMA = Schema.images(3, 32, 32, ChannelStats.rgb(0.4914, 0.4822, 0.4465, 0.2470, 0.2435, 0.2616), NAMES);

    private static final RecordFile.Layout LAYOUT = new RecordFile.Layout(PIXELS, List.of(new RecordFile.Label("labels", NAMES)));
    private static final List<RecordFiles.PublishedVersion> VERSIONS = List.of(
            new RecordFiles.PublishedVersion("cifar-10-batches-bin", "cifar-10-binary.tar.gz", ".bin", null),
            new RecordFiles.PublishedVersion("cifar-10-batches-py", "cifar-10-python.tar.gz", "", "batches.meta"));

    private final RecordFiles files;

    private Cifar10(Path data, String... names) {
        files = new RecordFiles(RecordFiles.find(data, VERSIONS, List.of("test_batch", "data_batch_1"), List.of(names), LAYOUT), LAYOUT,
                RECORDS, 0);
    }

    /**
     * Opens the training images.
     *
     * @param data the folder that holds {@code cifar-10-batches-bin} or torchvision's {@code cifar-10-batches-py}, or that folder itself
     * @throws DatasetException if a file is missing, is damaged, has a wrong size or a label above 9
     */
    public static Cifar10 train(Path data) {
        return new Cifar10(data, "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5");
    }

    /** Opens the test images; see {@link #train}. */
    public static Cifar10 test(Path data) { return new Cifar10(data, "test_batch"); }

    @Override public int size() { return files.size(); }

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) { files.read(index, item); }

    @Override public int label(int index) { return files.label(index); }

    @Override public String name(int index) { return files.name(index); }

    @Override public void close() { files.close(); }
}
