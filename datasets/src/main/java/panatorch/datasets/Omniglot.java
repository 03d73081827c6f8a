package panatorch.datasets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Omniglot: 1,623 handwritten characters of 50 alphabets, each drawn by 20 people (Lake et al. 2015, "Human-level concept learning through
 * probabilistic program induction"). A class is a character, named {@code Alphabet/character01}, in the order of the names. The images of
 * 105×105 black and white pixels are framed, and become {@code [3, H, W]} as those of an {@link ImageFolder}. Its files must be unpacked.
 */
public final class Omniglot {
    private Omniglot() {}

    /**
     * Opens the background set of 964 characters, which is for training.
     *
     * @param data the folder that holds {@code images_background}, or a folder in which {@code omniglot-py} or {@code omniglot} is that
     * folder
     * @throws DatasetException if the folder is missing or holds no characters
     */
    public static Dataset background(Path data, Framing framing) { return open(data, "images_background", framing); }

    /** Opens the evaluation set of 659 characters, {@code images_evaluation}; see {@link #background}. */
    public static Dataset evaluation(Path data, Framing framing) {
        return open(data, "images_evaluation", framing);
    }

    private static Dataset open(Path data, String part, Framing framing) {
        Path folder = Mnist.folder(data, "omniglot-py", "omniglot").resolve(part);
        if (!Files.isDirectory(folder))
            throw new DatasetException("the folder " + folder + " does not exist; unpack " + part + ".zip there");
        List<String> characters = ImageFolder.classNames(folder).stream()
                .flatMap(alphabet -> ImageFolder.classNames(folder.resolve(alphabet)).stream().map(c -> alphabet + "/" + c)).toList();
        // Black and white do not need normalisation.
        return ImageFolder.of(folder, framing, ChannelStats.rgb(0, 0, 0, 1, 1, 1), characters);
    }
}
