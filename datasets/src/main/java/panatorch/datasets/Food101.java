package panatorch.datasets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.internal.files.FileNames;
import panatorch.text.internal.Field;
import panatorch.text.internal.MalformedFieldException;

/**
 * Food-101: 75,750 training and 25,250 test photographs of 101 dishes (Bossard et al. 2014, "Food-101 – Mining Discriminative Components
 * with Random Forests"). The files {@code meta/train.json} and {@code meta/test.json} list the images, in torchvision's order. They are
 * decoded and framed when they are read, as those of an {@link ImageFolder}, and have ImageNet's mean and standard deviation.
 */
public final class Food101 {
    private Food101() {}

    /**
     * Opens the training images.
     *
     * @param data the folder that holds {@code meta} and {@code images}, or a folder in which {@code food-101} is that folder
     * @throws DatasetException if the list is missing or damaged
     */
    public static Dataset train(Path data, Framing framing) { return open(data, "train.json", framing); }

    /** Opens the test images; see {@link #train}. */
    public static Dataset test(Path data, Framing framing) {
        return open(data, "test.json", framing);
    }

    private static Dataset open(Path data, String list, Framing framing) {
        Path folder = Mnist.folder(data, "food-101"), file = folder.resolve("meta").resolve(list);
        var files = new ArrayList<Path>();
        var labels = new ArrayList<Integer>();
        try {
            Map<String, @Nullable Object> classes = Field.parse(Files.readAllBytes(file)).map();
            List<String> names = classes.keySet().stream().sorted().toList();
            classes.forEach((name, images) -> {
                for (Field image : new Field(name, images).list()) {
                    files.add(FileNames.resolve(folder.resolve("images"), image.string() + ".jpg"));
                    labels.add(names.indexOf(name));
                }
            });
            return ImageFolder.listed(files, labels, framing, ChannelStats.IMAGENET, names);
        } catch (IOException e) {
            throw new DatasetException("the list " + file + " cannot be read: " + e, e);
        } catch (MalformedFieldException e) {
            throw new DatasetException("the list " + file + " is damaged: " + e.getMessage(), e);
        }
    }
}
