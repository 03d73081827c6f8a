package panatorch.apps;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import panatorch.apps.console.InputException;
import panatorch.datasets.ImageFolder;

/** The images that the user names, one by one or by their folders. */
final class ImageFiles {
    private ImageFiles() {}

    /**
     * Lists the files, and the images below the folders.
     *
     * @throws InputException if one does not exist, or there are no images
     */
    static List<Path> of(List<Path> named) {
        var images = new ArrayList<Path>();
        for (Path p : named) {
            if (Files.isRegularFile(p)) images.add(p);
            else if (!Files.isDirectory(p)) throw new InputException("there is no image " + p);
            else images.addAll(ImageFolder.images(p));
        }
        if (images.isEmpty()) throw new InputException("there are no images in " + named.getFirst());
        return images;
    }
}
