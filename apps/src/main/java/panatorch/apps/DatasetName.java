package panatorch.apps;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.Cifar10;
import panatorch.datasets.Dataset;
import panatorch.datasets.Synthetic;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.datasets.transforms.Transform;

/** {@code --dataset}: where images come from, and how those to train with are varied. */
enum DatasetName {
    SYNTHETIC(5, 32), CIFAR10(10, 64);

    /** What a run does where the user has no wish of his own. */
    final int epochs, batchSize;

    DatasetName(int epochs, int batchSize) {
        this.epochs = epochs;
        this.batchSize = batchSize;
    }

    /** The training images; the caller closes them. */
    Dataset train(@Nullable Path data) {
        return switch (this) {
            case SYNTHETIC -> Synthetic.train();
            case CIFAR10 -> Cifar10.train(needed(data));
        };
    }

    /** The test images; the caller closes them. */
    Dataset test(@Nullable Path data) {
        return switch (this) {
            case SYNTHETIC -> Synthetic.test();
            case CIFAR10 -> Cifar10.test(needed(data));
        };
    }

    private Path needed(@Nullable Path data) {
        if (data == null) throw new InputException("--dataset " + this + " needs --data DIR, the folder that holds cifar-10-batches-bin");
        return data;
    }

    /** What is done to training images; test images are only normalised. */
    Transform augmentation(Dataset train, boolean vary) {
        var normalize = new Normalize(train.mean(), train.std());
        return vary ? Compose.of(new RandomCrop(32, 4), new RandomHorizontalFlip(0.5), normalize) : normalize;
    }

    @Override public String toString() { return Names.of(this); }
}
