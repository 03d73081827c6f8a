package panatorch.datasets;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * QMNIST: MNIST rebuilt from NIST's files, with 60,000 training and 60,000 test images, grey, 28×28 ({@code [1, 28, 28]}; Yadav and Bottou
 * 2019, arXiv:1905.10498). The labels are the digits; what else the extended labels tell is left out. Files are read into the Java heap;
 * closing a dataset frees them. {@link ChannelStats#of} measures the mean and the standard deviation.
 */
public enum Qmnist {
    /** The training images: those of MNIST. */
    TRAIN("qmnist-train", 0, Integer.MAX_VALUE),
    /** All test images. */
    TEST("qmnist-test", 0, Integer.MAX_VALUE),
    /** The 10,000 test images of MNIST. */
    TEST10K("qmnist-test", 0, 10_000),
    /** The 50,000 test images that MNIST lost. */
    TEST50K("qmnist-test", 10_000, Integer.MAX_VALUE),
    /** All 402,953 digits of NIST's Special Database 19. */
    NIST("xnist", 0, Integer.MAX_VALUE);

    private static final int DIGITS = 10;
    private static final Schema SCHEMA = new Schema(List.of(Field.images(1, 28, 28), Field.labels()),
            IntStream.range(0, DIGITS).mapToObj(Integer::toString).toList(), null);

    private final String file;
    private final int first, end;

    Qmnist(String file, int first, int end) {
        this.file = file;
        this.first = first;
        this.end = end;
    }

    /**
     * Opens the images.
     *
     * @param data the folder of {@code qmnist-train-images-idx3-ubyte.gz} and {@code qmnist-train-labels-idx2-int.gz}, or a folder in which
     * {@code qmnist} or {@code QMNIST/raw} is that folder
     * @throws DatasetException if a file is missing or damaged, or the files do not belong together
     */
    public Dataset open(Path data) {
        Path folder = Mnist.folder(data, "qmnist", "QMNIST/raw");
        Idx extended = Idx.readInts(folder, file + "-labels-idx2-int", 2);
        int rows = extended.shape()[0], columns = extended.shape()[1];
        if (columns < 1) throw new DatasetException("the file " + extended.path() + " has no columns; the digit was expected in the first");
        var digits = new byte[rows];
        ByteBuffer values = ByteBuffer.wrap(extended.values());
        for (int i = 0; i < rows; i++) {
            int digit = values.getInt(Integer.BYTES * i * columns);
            if (digit < 0 || digit >= DIGITS)
                throw new DatasetException(
                        "label " + i + " of the file " + extended.path() + " is " + digit + "; labels from 0 to 9 were expected");
            digits[i] = (byte) digit;
        }
        Idx labels = new Idx(extended.path(), new int[] {rows}, digits);
        return new IdxImages(Idx.read(folder, file + "-images-idx3-ubyte", 3), labels, SCHEMA, first, end);
    }
}
