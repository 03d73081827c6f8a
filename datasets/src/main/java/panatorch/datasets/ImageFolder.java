package panatorch.datasets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import panatorch.datasets.internal.image.Pixels;
import panatorch.internal.files.FileNames;

/**
 * A dataset of image files, one folder for each class, as ImageNet and torchvision's {@code ImageFolder} are laid out:
 * {@code train/CLASS/*.jpg}, and {@code test/CLASS/*.jpg} or {@code val/CLASS/*.jpg}. A dataset is opened at {@code train}, {@code test} or
 * {@code val}. The files have the {@linkplain Images formats} that {@link Images} reads, and any size. They are decoded when they are read,
 * turned upright, converted to RGB and framed.
 *
 * <p>
 * Opening lists the files by their endings. Files with other endings, and images that lie in no class's folder, are left out: one warning
 * in the log counts them by ending and names some. A damaged file is reported when it is read. A loader reads a folder fastest with
 * {@linkplain DataLoader.Builder#workers several workers}. No file is held open.
 */
public final class ImageFolder implements Dataset {
    private static final String LAYOUT =
            "; a folder of images is laid out as train/CLASS/*.jpg and test/CLASS/*.jpg or val/CLASS/*.jpg, with a folder for each class";

    private final Schema schema;
    private final Releasable<Framing> framing;
    private final List<Path> files = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();

    private ImageFolder(Path folder, Framing framing, ChannelStats pixels, List<String> classNames) {
        requireFolder(folder);
        this.framing = new Releasable<>(framing);
        schema = Schema.images(3, framing.height(), framing.width(), pixels, classNames);
        var found = new ImageFiles();
        for (int label = 0; label < classNames.size(); label++) {
            Path folderOfClass = FileNames.resolve(folder, classNames.get(label));
            if (!Files.isDirectory(folderOfClass)) throw new DatasetException("the folder " + folderOfClass + " does not exist");
            List<Path> images = found.list(folderOfClass);
            if (images.isEmpty())
                throw new DatasetException(
                        "the folder " + folderOfClass + " holds no images" + (found.anyLeftOut() ? ", but " + found.leftOut() : ""));
            files.addAll(images);
            for (int i = 0; i < images.size(); i++) labels.add(label);
        }
        loose(folder).forEach(found::leaveOutLoose);
        found.warn(folder);
    }

    private ImageFolder(List<Path> files, List<Integer> labels, Framing framing, ChannelStats pixels, List<String> classNames) {
        this.framing = new Releasable<>(framing);
        schema = Schema.images(3, framing.height(), framing.width(), pixels, classNames);
        this.files.addAll(files);
        this.labels.addAll(labels);
    }

    /** Opens images whose class is unknown, for prediction. All have the label 0. */
    public static ImageFolder unlabelled(List<Path> files, Framing framing, ChannelStats pixels) {
        return new ImageFolder(files, Collections.nCopies(files.size(), 0), framing, pixels, List.of("?"));
    }

    /**
     * Opens images that a list names, wherever they lie, such as a dataset's own file of names and labels.
     *
     * @param files the images; they are not looked for before they are read
     * @param labels the label of each image, an index into {@code classNames}
     * @throws IllegalArgumentException if there are not as many labels as images, or one has no class
     */
    public static ImageFolder listed(List<Path> files, List<Integer> labels, Framing framing, ChannelStats pixels,
            List<String> classNames) {
        if (files.size() != labels.size())
            throw new IllegalArgumentException(files.size() + " images have " + labels.size() + " labels; pass one for each");
        for (int i = 0; i < labels.size(); i++)
            if (labels.get(i) < 0 || labels.get(i) >= classNames.size())
                throw new IllegalArgumentException("the label of " + files.get(i) + " is " + labels.get(i) + ", but there are "
                        + classNames.size() + " classes");
        return new ImageFolder(files, labels, framing, pixels, classNames);
    }

    /**
     * Opens the images below {@code folder}, such as {@code data/train}, with ImageNet's mean and standard deviation. Its folders are the
     * classes, in the order of their names.
     *
     * @throws DatasetException if the folder does not exist, has no folders, or one of those has no images
     */
    public static ImageFolder of(Path folder, Framing framing) { return of(folder, framing, ChannelStats.IMAGENET, classNames(folder)); }

    /**
     * Opens the images below {@code folder}.
     *
     * @param pixels mean and standard deviation for normalisation
     * @param classNames names of the folders, in the order of the labels; for test images pass {@code train.classNames()}, because labels
     * would differ if a class had no test images
     * @throws DatasetException if a folder does not exist or has no images
     */
    public static ImageFolder of(Path folder, Framing framing, ChannelStats pixels, List<String> classNames) {
        return new ImageFolder(folder, framing, pixels, classNames);
    }

    private static void requireFolder(Path folder) {
        if (!Files.isDirectory(folder)) throw new DatasetException("the folder " + folder + " does not exist" + LAYOUT);
    }

    /**
     * Returns the classes of a folder of images: the names of its folders, in their order.
     *
     * @throws DatasetException if the folder does not exist or has no folders
     */
    public static List<String> classNames(Path folder) {
        requireFolder(folder);
        List<String> names = list(folder).stream().filter(Files::isDirectory).map(FileNames::of).sorted().toList();
        if (names.isEmpty()) throw new DatasetException("the folder " + folder + " holds no folders" + LAYOUT);
        return names;
    }

    /**
     * Lists the images below a folder, by folder, then by name. Files with other endings are left out, with a warning in the log.
     *
     * @throws DatasetException if the folder cannot be listed
     */
    public static List<Path> images(Path folder) {
        var found = new ImageFiles();
        List<Path> images = found.list(folder);
        found.warn(folder);
        return images;
    }

    private static List<Path> loose(Path folder) {
        return list(folder).stream().filter(Files::isRegularFile).sorted().toList();
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> inside = Files.list(folder)) {
            return inside.toList();
        } catch (IOException e) {
            throw new DatasetException("the folder " + folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    @Override public int size() { return files.size(); }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        Images.frame(decode(files.get(index)), framing.get(), item.random(), item.field(0));
        item.set(1, labels.get(index));
    }

    /** Decodes a file. */
    static Pixels decode(Path file) {
        try {
            return Images.decode(file);
        } catch (IOException e) {
            throw new DatasetException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override public int label(int index) { return labels.get(index); }

    @Override public String name(int index) { return FileNames.text(files.get(index)); }

    @Override public void close() { framing.close(); }
}
