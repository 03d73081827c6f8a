package panatorch.datasets;

import java.nio.file.Path;
import java.util.List;

/**
 * Kuzushiji-MNIST: 60,000 training and 10,000 test images of ten hiragana, grey, 28×28 ({@code [1, 28, 28]}), in MNIST's files (Clanuwat et
 * al. 2018, arXiv:1812.01718). They are read into the Java heap; closing a dataset frees them. {@link ChannelStats#of} measures the mean
 * and the standard deviation.
 */
public final class Kmnist {
    private static final Schema SCHEMA = new Schema(List.of(Field.images(1, 28, 28), Field.labels()),
            List.of("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"), null);

    private Kmnist() {}

    /**
     * Opens the training images.
     *
     * @param data the folder of {@code train-images-idx3-ubyte.gz}, or a folder in which {@code kmnist} or {@code KMNIST/raw} is that
     * folder
     * @throws DatasetException if a file is missing or damaged, or the files do not belong together
     */
    public static Dataset train(Path data) { return open(data, "train"); }

    /** Opens the test images; see {@link #train}. */
    public static Dataset test(Path data) {
        return open(data, "t10k");
    }

    private static Dataset open(Path data, String part) {
        Path folder = Mnist.folder(data, "kmnist", "KMNIST/raw");
        return new IdxImages(Idx.read(folder, part + "-images-idx3-ubyte", 3), Idx.read(folder, part + "-labels-idx1-ubyte", 1), SCHEMA);
    }
}
