package panatorch.datasets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import panatorch.internal.files.FileNames;

/**
 * A dataset of image files, one folder for each class, as ImageNet and torchvision's {@code ImageFolder} are laid out:
 * {@code train/CLASS/*.jpg}, and {@code test/CLASS/*.jpg} or {@code val/CLASS/*.jpg}. A dataset is opened at {@code train}, {@code test} or
 * {@code val}. The files are JPEG (grey, RGB, CMYK), PNG, BMP, GIF (its first picture) or WebP, of any size. They are decoded when they are
 * read, turned upright by their EXIF orientation, and framed. All are converted to RGB; transparency is dropped, and colour profiles are
 * not applied.
 *
 * <p>
 * Opening lists the files; a damaged one is reported when it is read. A loader reads a folder fastest with
 * {@linkplain DataLoader.Builder#workers several workers}. No file is held open.
 */
public final class ImageFolder implements Dataset {
    private static final String LAYOUT =
            "; a folder of images is laid out as train/CLASS/*.jpg and test/CLASS/*.jpg or val/CLASS/*.jpg, with a folder for each class";
    private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "webp");

    private final Schema schema;
    private final Releasable<Framing> framing;
    private final List<Path> files = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();

    private ImageFolder(Path folder, Framing framing, ChannelStats pixels, List<String> classNames) {
        requireFolder(folder);
        this.framing = new Releasable<>(framing);
        schema = Schema.images(3, framing.height(), framing.width(), pixels, classNames);
        for (int label = 0; label < classNames.size(); label++) {
            List<Path> images = images(FileNames.resolve(folder, classNames.get(label)));
            files.addAll(images);
            for (int i = 0; i < images.size(); i++) labels.add(label);
        }
    }

    private ImageFolder(List<Path> files, Framing framing, ChannelStats pixels) {
        this.framing = new Releasable<>(framing);
        schema = Schema.images(3, framing.height(), framing.width(), pixels, List.of("?"));
        this.files.addAll(files);
        for (Path f : files) labels.add(0);
    }

    /** Opens images whose class is unknown, for prediction. All have the label 0. */
    public static ImageFolder unlabelled(List<Path> files, Framing framing, ChannelStats pixels) {
        return new ImageFolder(files, framing, pixels);
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

    private static List<String> classNames(Path folder) {
        requireFolder(folder);
        try (Stream<Path> inside = Files.list(folder)) {
            List<String> names = inside.filter(Files::isDirectory).map(FileNames::of).sorted().toList();
            if (names.isEmpty()) throw new DatasetException("the folder " + folder + " holds no folders" + LAYOUT);
            return names;
        } catch (IOException e) {
            throw new DatasetException("the folder " + folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    /** Lists the images in torchvision's order: by folder, then by name. */
    private static List<Path> images(Path folder) {
        if (!Files.isDirectory(folder)) throw new DatasetException("the folder " + folder + " does not exist");
        try (Stream<Path> inside = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            List<Path> images = inside.filter(ImageFolder::isImage)
                    .sorted(Comparator.comparing((Path p) -> String.valueOf(p.getParent())).thenComparing(p -> p.getFileName().toString()))
                    .toList();
            if (images.isEmpty()) throw new DatasetException("the folder " + folder + " holds no images");
            return images;
        } catch (IOException | UncheckedIOException e) {
            throw new DatasetException("the folder " + folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString();
        return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT)) && Files.isRegularFile(file);
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
