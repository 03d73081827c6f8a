package panatorch.apps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import panatorch.apps.console.InputException;

/** The images that the user names, one by one or by their folders. */
final class ImageFiles {
    private ImageFiles() {}

    /**
     * Lists the files, and the images below the folders.
     *
     * @throws InputException if one does not exist, or there are no images
     */
    static List<Path> of(List<Path> named) throws IOException {
        var images = new ArrayList<Path>();
        for (Path p : named) {
            if (Files.isRegularFile(p)) images.add(p);
            else if (!Files.isDirectory(p)) throw new InputException("there is no image " + p);
            else try (Stream<Path> inside = Files.walk(p)) {
                inside.filter(f -> Files.isRegularFile(f)
                        && f.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.(jpe?g|png|bmp|gif|webp)")).sorted()
                        .forEach(images::add);
            }
        }
        if (images.isEmpty()) throw new InputException("there are no images in " + named.getFirst());
        return images;
    }
}
