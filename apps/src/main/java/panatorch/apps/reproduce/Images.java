package panatorch.apps.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import panatorch.data.Batches;
import panatorch.datasets.Batch;
import panatorch.datasets.Cifar100;
import panatorch.datasets.Cifar10;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.Mnist;
import panatorch.datasets.Synthetic;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.datasets.transforms.Standardize;
import panatorch.datasets.transforms.Transform;

/**
 * Images of an experiment. Owns the data sets until it is closed.
 *
 * @param name name for reports
 * @param train view of the training images that are used
 * @param test view of the test images that are used
 * @param sets the data sets of the views
 * @param normalize normalisation of the pixels
 */
public record Images(String name, Dataset train, Dataset test, List<Dataset> sets, Transform normalize) implements Examples {
    private static final int TEST_BATCH = 250;

    /**
     * Opens CIFAR-10, or without a data folder the built-in images, which have the same shape and number of classes.
     *
     * @param images greatest number of training images
     * @param testImages greatest number of test images
     */
    public static Images cifar10(Lab lab, int images, int testImages) {
        Path data = lab.data();
        return data == null ? of("built-in images", Synthetic.train(), Synthetic.test(), images, testImages)
                : of("CIFAR-10", Cifar10.train(data), Cifar10.test(data), images, testImages);
    }

    /**
     * Opens the data set that the user chose, or CIFAR-10.
     *
     * @throws DatasetException if it does not have three channels
     */
    public static Images chosen(Lab lab, int images, int testImages) {
        Lab.Choice choice = lab.choice();
        if (choice == null) return cifar10(lab, images, testImages);
        Dataset train = choice.train().get(), test = choice.test().get();
        if (train.imageShape()[0] == 3) return of(choice.name(), train, test, train.spaced(images), test.spaced(testImages));
        train.close();
        test.close();
        throw new DatasetException("this experiment's network is for images of three channels, which " + choice.name() + " has not");
    }

    /**
     * Opens CIFAR-100. The quick scale accepts a part of it.
     *
     * @throws DatasetException without a data folder
     */
    public static Images cifar100(Lab lab, int images, int testImages) {
        Path data = needed(lab, "CIFAR-100"), train = data.resolve("cifar-100-binary").resolve("train.bin");
        boolean part = lab.scale() == Scale.QUICK && Files.isRegularFile(train);
        return of("CIFAR-100", part ? Cifar100.of(train, Cifar100.Labels.FINE) : Cifar100.train(data), Cifar100.test(data), images,
                testImages);
    }

    /**
     * Opens MNIST.
     *
     * @throws DatasetException without a data folder
     */
    public static Images mnist(Lab lab, int images, int testImages) {
        Path data = needed(lab, "MNIST");
        return of("MNIST", Mnist.train(data), Mnist.test(data), images, testImages);
    }

    private static Path needed(Lab lab, String set) {
        Path data = lab.data();
        if (data == null) throw new DatasetException("this experiment is about " + set + ": name its folder by --data DIR");
        return data;
    }

    private static Images of(String name, Dataset train, Dataset test, int images, int testImages) {
        return of(name, train, test, train.limit(images), test.limit(testImages));
    }

    /**
     * Normalises by mean and deviation of the whole training set.
     *
     * @param used view of the training images that are used
     * @param usedTest view of the test images that are used
     */
    private static Images of(String name, Dataset train, Dataset test, Dataset used, Dataset usedTest) {
        return new Images(name, used, usedTest, List.of(train, test), new Normalize(train.mean(), train.std()));
    }

    /** Returns the same images, each normalised by its own mean and deviation. */
    public Images standardized() {
        return new Images(name, train, test, sets, new Standardize());
    }

    public int classes() { return train.classes(); }

    /**
     * Returns training batches, in a new order each epoch.
     *
     * @param augmented whether images are shifted by up to four pixels and mirrored
     */
    public Batches training(int batchSize, long seed, boolean augmented, boolean dropLast) {
        int side = (int) train.imageShape()[1];
        return training(batchSize, seed, dropLast,
                augmented ? List.of(new RandomCrop(side, 4), new RandomHorizontalFlip(0.5)) : List.of());
    }

    /**
     * Returns training batches, in a new order each epoch.
     *
     * @param augmentation what happens to images before they are normalised
     */
    public Batches training(int batchSize, long seed, boolean dropLast, List<Transform> augmentation) {
        var transforms = new ArrayList<>(augmentation);
        transforms.add(normalize);
        Transform transform = Compose.of(transforms.toArray(Transform[]::new));
        var loader = DataLoader.of(train, batchSize).shuffle().seed(seed).transform(transform);
        return (dropLast ? loader.dropLast() : loader).build();
    }

    @Override public Batches trainingAsTest() { return plain(train.spaced(EVALUATED)); }

    @Override public Batches testing() { return plain(test); }

    private Batches plain(Dataset set) { return DataLoader.of(set, TEST_BATCH).transform(normalize).build(); }

    @Override public void close() { sets.forEach(Dataset::close); }
}
