package panatorch.datasets;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * EMNIST: handwritten digits and letters, grey, 28×28 ({@code [1, 28, 28]}), in MNIST's format (Cohen et al. 2017, arXiv:1702.05373). The
 * images are as published, and as torchvision gives them: <b>rows and columns are exchanged</b>; {@code images.transpose(2, 3)} turns a
 * batch upright. Files are read into the Java heap; closing a dataset frees them. {@link ChannelStats#of} measures the mean and the
 * standard deviation.
 */
public enum Emnist {
    /** 814,255 characters of 62 classes. */
    BYCLASS(characters("")),
    /** 814,255 characters of 47 classes: letters whose two cases look alike are one class. */
    BYMERGE(characters("cijklmopsuvwxyz")),
    /** 131,600 characters of the 47 classes of {@link #BYMERGE}, equally many of each. */
    BALANCED(characters("cijklmopsuvwxyz")),
    /** 145,600 letters of 26 classes. Their labels begin with 1; class 0 is {@code N/A}. */
    LETTERS(Stream.concat(Stream.of("N/A"), "abcdefghijklmnopqrstuvwxyz".chars().mapToObj(Character::toString)).toList()),
    /** 280,000 digits. */
    DIGITS("0123456789".chars().mapToObj(Character::toString).toList()),
    /** 70,000 digits. */
    MNIST("0123456789".chars().mapToObj(Character::toString).toList());

    private final Schema schema;

    Emnist(List<String> classNames) { schema = new Schema(List.of(Field.images(1, 28, 28), Field.labels()), classNames, null); }

    private static List<String> characters(String without) {
        return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".chars().filter(c -> without.indexOf(c) < 0)
                .mapToObj(Character::toString).toList();
    }

    /**
     * Opens the training images.
     *
     * @param data the folder of {@code emnist-balanced-train-images-idx3-ubyte.gz} and its like, or a folder in which {@code emnist} or
     * {@code EMNIST/raw} is that folder
     * @throws DatasetException if a file is missing or damaged, or the files do not belong together
     */
    public Dataset train(Path data) { return open(data, "train"); }

    /** Opens the test images; see {@link #train}. */
    public Dataset test(Path data) {
        return open(data, "test");
    }

    private Dataset open(Path data, String part) {
        Path folder = Mnist.folder(data, "emnist", "EMNIST/raw");
        String begin = "emnist-" + name().toLowerCase(Locale.ROOT) + "-" + part;
        return new IdxImages(Idx.read(folder, begin + "-images-idx3-ubyte", 3), Idx.read(folder, begin + "-labels-idx1-ubyte", 1), schema);
    }
}
