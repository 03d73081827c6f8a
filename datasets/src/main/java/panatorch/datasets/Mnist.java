package panatorch.datasets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * MNIST and Fashion-MNIST: 60,000 training and 10,000 test images of 10 classes, grey, 28×28 ({@code [1, 28, 28]}). Their IDX files,
 * compressed by gzip or not, are read into the Java heap; closing a dataset frees them (LeCun et al. 1998; Xiao et al. 2017,
 * arXiv:1708.07747).
 */
public final class Mnist implements Dataset {
    private static final int SIDE = 28, CLASSES = 10;
    private static final Schema DIGITS = Schema.images(1, SIDE, SIDE, ChannelStats.grey(0.1307, 0.3081),
            IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList());
    private static final Schema CLOTHES = Schema.images(1, SIDE, SIDE, ChannelStats.grey(0.2860, 0.3530),
            List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"));

    private final IdxImages items;

    private Mnist(Path folder, String part, Schema schema) {
        Idx labels = Idx.read(folder, part + "-labels-idx1-ubyte", 1);
        items = new IdxImages(Idx.read(folder, part + "-images-idx3-ubyte", 3), labels, schema);
    }

    /**
     * Opens MNIST's training images.
     *
     * @param data the folder of {@code train-images-idx3-ubyte.gz}, or a folder in which {@code mnist} or {@code MNIST/raw} is that folder
     * @throws DatasetException if a file is missing or damaged, or the files do not belong together
     */
    public static Mnist train(Path data) { return new Mnist(folder(data, "mnist", "MNIST/raw"), "train", DIGITS); }

    /** Opens MNIST's test images; see {@link #train}. */
    public static Mnist test(Path data) {
        return new Mnist(folder(data, "mnist", "MNIST/raw"), "t10k", DIGITS);
    }

    /** Opens Fashion-MNIST's training images; see {@link #train}. Its folders are {@code fashion-mnist} and {@code FashionMNIST/raw}. */
    public static Mnist fashionTrain(Path data) {
        return new Mnist(folder(data, "fashion-mnist", "FashionMNIST/raw"), "train", CLOTHES);
    }

    /** Opens Fashion-MNIST's test images; see {@link #fashionTrain}. */
    public static Mnist fashionTest(Path data) {
        return new Mnist(folder(data, "fashion-mnist", "FashionMNIST/raw"), "t10k", CLOTHES);
    }

    static Path folder(Path data, String... names) {
        for (String name : names) if (Files.isDirectory(data.resolve(name))) return data.resolve(name);
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        return data;
    }

    @Override public int size() { return items.size(); }

    @Override public Schema schema() { return items.schema(); }

    @Override public void read(int index, Item item) { items.read(index, item); }

    @Override public int label(int index) { return items.label(index); }

    @Override public String name(int index) { return items.name(index); }

    @Override public void close() { items.close(); }
}
