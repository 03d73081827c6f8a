package panatorch.bench;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.Torch;
import panatorch.datasets.Batch;
import panatorch.datasets.Cifar10;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.datasets.transforms.Transform;

/**
 * Measures the wall-clock seconds an image of two datasets: CIFAR-10's 50,000 training images, cropped, mirrored and normalised, and a
 * folder of JPEG files, decoded and normalised. Python uses torchvision's datasets and transforms, and a {@code DataLoader} with two
 * workers that stay alive. Java uses two workers for the folder, and the loader's one thread for CIFAR-10. The check compares a batch of
 * each, neither cropped nor mirrored.
 */
final class DataLoading implements Workload {
    private static final int BATCH = 128, SIDE = 32;

    private final Dataset cifar, folder;
    private final Normalize cifarNumbers, folderNumbers;
    private int epoch;

    DataLoading() {
        String data = System.getenv("PANATORCH_DATA");
        if (data == null) throw new MissingException("data-loading needs PANATORCH_DATA, the folder of the unpacked data sets.");
        cifar = Cifar10.train(Path.of(data));
        folder = ImageFolder.of(Path.of(data, "cifar10-jpg-folder", "train"), Framing.stretch(SIDE, SIDE));
        cifarNumbers = new Normalize(new double[] {0.4914, 0.4822, 0.4465}, new double[] {0.247, 0.2435, 0.2616});
        folderNumbers = new Normalize(folder.mean(), folder.std());
    }

    @Override public String script() { return "data_loading.py"; }

    @Override public String parts() { return "data sets"; }

    /** Returns a tolerance that allows for JPEG decoders which round pixels differently. */
    @Override public double tolerance() {
        return 0.01;
    }

    @Override public Map<String, Double> check() {
        return Map.of("cifar10", first(cifar, cifarNumbers), "jpeg-folder", first(folder, folderNumbers));
    }

    private static double first(Dataset set, Transform transform) {
        try (var epoch = DataLoader.of(set, BATCH).transform(transform).build().epoch(0)) {
            try (Batch batch = epoch.iterator().next()) {
                return Checksum.of(batch.images().square()) + Checksum.of(batch.labels());
            }
        }
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        seconds.put("cifar10",
                secondsPerImage(
                        DataLoader.of(cifar, BATCH).shuffle()
                                .transform(Compose.of(new RandomCrop(SIDE, 4), new RandomHorizontalFlip(0.5), cifarNumbers)).build(),
                        cifar.size()));
        seconds.put("jpeg-folder",
                secondsPerImage(DataLoader.of(folder, BATCH).shuffle().workers(2).transform(folderNumbers).build(), folder.size()));
        return seconds;
    }

    private double secondsPerImage(DataLoader loader, int images) {
        long begun = System.nanoTime();
        try (var batches = loader.epoch(++epoch)) {
            for (Batch batch : batches) batch.close();
        }
        return (System.nanoTime() - begun) * 1e-9 / images;
    }

    @Override public void close() {
        cifar.close();
        folder.close();
    }
}
