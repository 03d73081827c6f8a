package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * SVHN with cropped digits: 73,257 training, 26,032 test and 531,131 extra images, RGB, 32×32, of the digits 0 to 9 (Netzer et al. 2011,
 * "Reading Digits in Natural Images with Unsupervised Feature Learning"). The files {@code train_32x32.mat}, {@code test_32x32.mat} and
 * {@code extra_32x32.mat} are read into the Java heap, 3 KiB an image; closing a dataset frees them.
 */
public final class Svhn implements Dataset {
    static final int SIDE = 32;
    private static final int BYTES = 3 * SIDE * SIDE;
    private static final Schema SCHEMA = Schema.images(3, SIDE, SIDE, ChannelStats.rgb(0.4377, 0.4438, 0.4728, 0.1980, 0.2010, 0.1970),
            IntStream.range(0, 10).mapToObj(Integer::toString).toList());

    private final Path file;
    private final Releasable<byte[]> images;
    private final byte[] labels;

    private Svhn(Path file) {
        this.file = file;
        try {
            SvhnFile content = SvhnFile.read(file);
            labels = content.labels();
            images = new Releasable<>(content.images());
        } catch (NoClassDefFoundError e) {
            throw new DatasetException("the file " + file + " is a MATLAB file, and the library us.hebi.matlab.mat:mfl-core, which reads"
                    + " it, is missing: add its jar to the class path, or to the module path with --add-modules "
                    + "us.hebi.matlab.mat.mfl.core",
                    e);
        }
    }

    /**
     * Opens the training images.
     *
     * @param data the folder that holds {@code train_32x32.mat}, or a folder in which {@code svhn} is that folder
     * @throws DatasetException if the file is missing or damaged
     */
    public static Svhn train(Path data) { return of(data, "train_32x32.mat"); }

    /** Opens the test images; see {@link #train}. */
    public static Svhn test(Path data) { return of(data, "test_32x32.mat"); }

    /** Opens the extra images, which are easier; see {@link #train}. */
    public static Svhn extra(Path data) {
        return of(data, "extra_32x32.mat");
    }

    private static Svhn of(Path data, String name) {
        if (!Files.isDirectory(data)) throw new DatasetException("the folder " + data + " does not exist");
        Path inner = data.resolve("svhn").resolve(name);
        return new Svhn(Files.exists(inner) ? inner : data.resolve(name));
    }

    @Override public int size() { return labels.length; }

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size());
        MemorySegment.copy(images.get(), index * BYTES, item.field(0), ValueLayout.JAVA_BYTE, 0, BYTES);
        item.set(1, label(index));
    }

    @Override public int label(int index) { return labels[index]; }

    @Override public String name(int index) { return "image " + index + " of " + file; }

    @Override public void close() { images.close(); }
}
