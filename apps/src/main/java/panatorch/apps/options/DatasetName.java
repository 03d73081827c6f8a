package panatorch.apps.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.datasets.ChannelStats;
import panatorch.datasets.Cifar10;
import panatorch.datasets.Cifar100;
import panatorch.datasets.Dataset;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;
import panatorch.datasets.Mnist;
import panatorch.datasets.Svhn;
import panatorch.datasets.Synthetic;
import panatorch.datasets.text.Tokenizer;

/** {@code --dataset}: the data sets of images and texts. */
public enum DatasetName {
    SYNTHETIC(5, 32, true, ""),
    CIFAR10(10, 64, true, "the folder that holds cifar-10-batches-bin"),
    CIFAR100(10, 64, true, "the folder that holds cifar-100-binary"),
    MNIST(10, 64, false, "the folder that holds mnist"),
    FASHION_MNIST(10, 64, true, "the folder that holds fashion-mnist"),
    SVHN(10, 64, false, "the folder that holds train_32x32.mat and test_32x32.mat"),
    FOLDER(10, 64, true, "a folder with train and test (or val), each with a folder of images for every class"),
    SST2(10, 64, false, "the folder that holds train.tsv and dev.tsv of SST-2");

    /** Epochs and batch size of a run for which the user passes none. */
    public final int epochs, batchSize;

    /** True if mirroring an image keeps its class, as it does not for digits. */
    public final boolean mirrors;

    private final String where;

    DatasetName(int epochs, int batchSize, boolean mirrors, String where) {
        this.epochs = epochs;
        this.batchSize = batchSize;
        this.mirrors = mirrors;
        this.where = where;
    }

    /**
     * Opens the training set; the caller closes it.
     *
     * @param data folder of the files; null for the built-in images
     * @param size side to which the images of a folder are scaled, in pixels
     */
    public Dataset train(@Nullable Path data, int size) { return train(data, size, null); }

    /**
     * Opens the set with the vocabulary beside {@code checkpoint}, if there is one; the caller closes it.
     *
     * @param data folder of the files; null for the built-in images
     * @param size side to which the images of a folder are scaled, in pixels
     * @param checkpoint a checkpoint of a run; null to build the vocabulary from the training texts
     */
    public Dataset train(@Nullable Path data, int size, @Nullable Path checkpoint) {
        return switch (this) {
            case SYNTHETIC -> Synthetic.train();
            case CIFAR10 -> Cifar10.train(needed(data));
            case CIFAR100 -> Cifar100.train(needed(data));
            case MNIST -> Mnist.train(needed(data));
            case FASHION_MNIST -> Mnist.fashionTrain(needed(data));
            case SVHN -> Svhn.train(needed(data));
            case SST2 -> Sst2.train(needed(data), words(checkpoint));
            case FOLDER -> ImageFolder.of(needed(data).resolve("train"), Framing.center(size));
        };
    }

    /**
     * Opens the test set; the caller closes it.
     *
     * @param data folder of the files; null for the built-in images
     * @param size side to which the images of a folder are scaled, in pixels
     */
    public Dataset test(@Nullable Path data, int size) { return test(data, size, null); }

    /**
     * Opens the set with the vocabulary beside {@code checkpoint}, if there is one; the caller closes it.
     *
     * @param data folder of the files; null for the built-in images
     * @param size side to which the images of a folder are scaled, in pixels
     * @param checkpoint a checkpoint of a run; null to build the vocabulary from the training texts
     */
    public Dataset test(@Nullable Path data, int size, @Nullable Path checkpoint) {
        return switch (this) {
            case SYNTHETIC -> Synthetic.test();
            case CIFAR10 -> Cifar10.test(needed(data));
            case CIFAR100 -> Cifar100.test(needed(data));
            case MNIST -> Mnist.test(needed(data));
            case FASHION_MNIST -> Mnist.fashionTest(needed(data));
            case SVHN -> Svhn.test(needed(data));
            case SST2 -> Sst2.test(needed(data), words(checkpoint));
            case FOLDER -> testFolder(needed(data), size);
        };
    }

    /**
     * Opens the test images as another model than ours takes them; the caller closes it.
     *
     * @param data folder of the files; null for the built-in images
     * @param framing size of the images of a folder, and the part of each that is taken; other sets have images of one size
     */
    public Dataset test(@Nullable Path data, Framing framing) {
        return this == FOLDER ? testFolder(needed(data), framing) : test(data, framing.height());
    }

    /** Opens the test texts with another tokenizer than ours; the caller closes it. */
    public Dataset test(@Nullable Path data, Tokenizer tokenizer, int maxLength) {
        return Sst2.test(needed(data), tokenizer, maxLength);
    }

    /** Returns whether the items are texts. */
    public boolean hasTexts() { return this == SST2; }

    private static Dataset testFolder(Path data, int size) { return testFolder(data, Framing.center(size)); }

    /** Opens the test folder with the classes of the training folder, because a test folder may lack one. */
    private static Dataset testFolder(Path data, Framing framing) {
        Path test = data.resolve("test"), folder = Files.isDirectory(test) ? test : data.resolve("val");
        Path classes = Files.isDirectory(data.resolve("train")) ? data.resolve("train") : folder;
        return ImageFolder.of(folder, framing, ChannelStats.IMAGENET, ImageFolder.of(classes, framing).classNames());
    }

    /** Returns a view of some items, or of all. Items of a folder are taken at even distances, because they lie class by class. */
    public Dataset limited(Dataset set, @Nullable Integer limit) {
        return limit == null ? set : this == FOLDER ? set.spaced(limit) : set.limit(limit);
    }

    /** Writes what a checkpoint needs of the data set, the vocabulary of texts, into a run's folder. */
    public void saveWith(Path folder, @Nullable Path data, @Nullable Path checkpoint) throws IOException {
        if (this == SST2) Sst2.saveVocabulary(needed(data), words(checkpoint), folder);
    }

    private static @Nullable Path words(@Nullable Path checkpoint) {
        Path words = checkpoint == null ? null : Sst2.vocabularyBeside(checkpoint);
        return words != null && Files.exists(words) ? words : null;
    }

    /** Returns what the items are called. */
    public String items() { return hasTexts() ? "sentences" : "images"; }

    private Path needed(@Nullable Path data) {
        if (data == null) throw new InputException("--dataset " + this + " needs --data DIR, " + where);
        if (Files.isRegularFile(data)) throw new InputException("--data names a folder, and " + data + " is a file");
        return data;
    }

    @Override public String toString() { return Names.of(this); }
}
