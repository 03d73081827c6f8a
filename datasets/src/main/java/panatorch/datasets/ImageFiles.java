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
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import panatorch.datasets.internal.ImageDecoder;
import panatorch.internal.files.FileNames;
import panatorch.internal.log.Log;

/** The files below folders: images by their endings, and the others, which are counted to be named in one message. */
final class ImageFiles {
    private static final int EXAMPLES = 3;

    private final List<Path> others = new ArrayList<>();
    private final Map<String, Integer> counts = new TreeMap<>();

    /** Lists the images below {@code folder} in torchvision's order: by folder, then by name. */
    List<Path> list(Path folder) {
        try (Stream<Path> inside = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            List<Path> files = inside.filter(Files::isRegularFile)
                    .sorted(Comparator.comparing((Path p) -> String.valueOf(p.getParent())).thenComparing(p -> p.getFileName().toString()))
                    .toList();
            files.forEach(this::take);
            return files.stream().filter(ImageFiles::isImage).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new DatasetException("the folder " + folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    private static boolean isImage(Path file) { return ImageDecoder.hasEnding(file.getFileName().toString()); }

    private void take(Path file) {
        String name = file.getFileName().toString();
        if (!isImage(file) && !isOfSystem(name)) leaveOut(file, name.indexOf('.') < 0 ? "without an ending" : ending(name));
    }

    /** Leaves an image out that lies in no class's folder. */
    void leaveOutLoose(Path file) {
        if (isImage(file)) leaveOut(file, ending(file.getFileName().toString()) + " in no class folder");
    }

    private void leaveOut(Path file, String kind) {
        counts.merge(kind, 1, Integer::sum);
        others.add(file);
    }

    private static String ending(String name) { return name.substring(name.lastIndexOf('.')).toLowerCase(Locale.ROOT); }

    /** Returns whether an operating system leaves such files in folders by itself. */
    private static boolean isOfSystem(String name) {
        return name.startsWith(".") || name.equals("Thumbs.db") || name.equals("desktop.ini");
    }

    boolean anyLeftOut() { return !others.isEmpty(); }

    /** Returns the number of files that are left out, their endings and the names of some. */
    String leftOut() {
        String kinds = counts.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "));
        String names = others.stream().limit(EXAMPLES).map(FileNames::text).collect(Collectors.joining(", "));
        return others.size() + (others.size() == 1 ? " file that is" : " files that are") + " not read (" + kinds + "), such as " + names
                + "; images end with " + ImageDecoder.ENDINGS.stream().sorted().map(e -> "." + e).collect(Collectors.joining(" "));
    }

    /** Logs a warning if files are left out. */
    void warn(Path folder) {
        if (anyLeftOut()) Log.warn(ImageFolder.class, "the folder " + folder + " holds " + leftOut());
    }
}
