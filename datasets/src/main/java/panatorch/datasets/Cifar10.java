package panatorch.datasets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

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

    private final RecordFiles files;

    private Cifar10(Path data, String... names) {
        String python = Files.isDirectory(data.resolve("cifar-10-batches-py")) ? ", only CIFAR-10's Python version" : "";
        Path folder = RecordFiles.folder(data, FOLDER, List.of("test_batch.bin", "data_batch_1.bin"), python + "; unpack cifar-10-binary.tar.gz there");
        files = new RecordFiles(Stream.of(names).map(folder::resolve).toList(), new RecordFile.Layout(PIXELS, NAMES.size()), RECORDS, 0);
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

    @Override public int size() { return files.size(); }

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) { files.read(index, item); }

    @Override public int label(int index) { return files.label(index); }

    @Override public String name(int index) { return files.name(index); }

    @Override public void close() { files.close(); }
}
