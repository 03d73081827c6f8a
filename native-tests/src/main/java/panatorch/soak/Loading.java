package panatorch.soak;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import javax.imageio.ImageIO;
import panatorch.datasets.Batch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;

/** Loads a folder of image files with several workers, and checks that an epoch has the same bits each time. */
final class Loading implements AutoCloseable {
    private static final int CLASSES = 4, IMAGES = 24, SIDE = 48, EPOCHS = 5;

    private final ImageFolder images;
    private final DataLoader loader;
    /** Checksums by epoch and batch. */
    private final Map<Integer, Integer> hashes = new HashMap<>();

    /**
     * Writes the images.
     *
     * @param folder an empty folder for the images
     */
    Loading(Path folder, long seed) throws IOException {
        var random = new SplittableRandom(seed);
        for (int c = 0; c < CLASSES; c++) {
            Path one = Files.createDirectory(folder.resolve("class-" + c));
            for (int i = 0; i < IMAGES; i++) {
                var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
                for (int p = 0; p < SIDE * SIDE; p++) image.setRGB(p % SIDE, p / SIDE, random.nextInt());
                ImageIO.write(image, "png", one.resolve(i + ".png").toFile());
            }
        }
        images = ImageFolder.of(folder, Framing.randomArea(32));
        loader = DataLoader.of(images, 8).shuffle().seed(seed).workers(2).build();
    }

    /**
     * Loads an epoch, or its beginning.
     *
     * @return number of batches
     * @throws IllegalStateException if a batch differs from the same batch before
     */
    int check(RandomGenerator random) {
        int number = random.nextInt(EPOCHS), most = random.nextBoolean() ? loader.count() : random.nextInt(loader.count()), taken = 0;
        try (var epoch = loader.epoch(number)) {
            for (var batches = epoch.iterator(); taken < most; taken++) {
                try (Batch b = batches.next()) {
                    int hash = 31 * Arrays.hashCode(b.images().toFloatArray()) + Arrays.hashCode(b.labels().toLongArray());
                    Integer before = hashes.putIfAbsent(number * loader.count() + taken, hash);
                    if (before != null && before != hash)
                        throw new IllegalStateException("Batch " + taken + " of epoch " + number + " is not what it was before.");
                }
            }
        }
        return taken;
    }

    @Override public void close() { images.close(); }
}
