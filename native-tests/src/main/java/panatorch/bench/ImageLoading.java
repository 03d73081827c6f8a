package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import panatorch.datasets.Batch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;

/**
 * Measures the wall-clock seconds an image of two folders of generated JPEG files, decoded, resized and made float32 in [0, 1]: tiny ones
 * of 32×32, and photographs of 500×375 that are resized to 224×224. Python uses torchvision's {@code ImageFolder} with {@code Resize} and
 * {@code ToTensor}, and both sides a loader with two workers.
 */
final class ImageLoading implements Workload {
    private static final int BATCH = 32, WORKERS = 2, TINY = 32, TINY_FILES = 800, PHOTOS = 192, SIDE = 224;

    private final Path folder;
    private final ImageFolder tiny, photos;
    private int epoch;

    ImageLoading() {
        try {
            folder = Files.createTempDirectory("image-loading-");
            GeneratedPhotos.write(folder.resolve("tiny"), TINY_FILES, TINY, TINY);
            GeneratedPhotos.write(folder.resolve("photos"), PHOTOS, 500, 375);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        tiny = ImageFolder.of(folder.resolve("tiny"), Framing.stretch(TINY, TINY));
        photos = ImageFolder.of(folder.resolve("photos"), Framing.stretch(SIDE, SIDE));
    }

    @Override public String script() { return "image_loading.py"; }

    @Override public List<String> arguments() { return List.of(folder.toString()); }

    @Override public String parts() { return "images"; }

    /** Returns a tolerance that allows for sums in another order only: all pixels are equal. */
    @Override public double tolerance() {
        return 1e-6;
    }

    @Override public Map<String, Double> check() { return Map.of("tiny", first(tiny), "photos", first(photos)); }

    private static double first(ImageFolder set) {
        try (var epoch = DataLoader.of(set, BATCH).build().epoch(0); Batch batch = epoch.iterator().next()) {
            return Checksum.of(batch.images());
        }
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        seconds.put("tiny", secondsPerImage(tiny));
        seconds.put("photos", secondsPerImage(photos));
        return seconds;
    }

    private double secondsPerImage(ImageFolder set) {
        long begun = System.nanoTime();
        try (var batches = DataLoader.of(set, BATCH).shuffle().workers(WORKERS).build().epoch(++epoch)) {
            for (Batch batch : batches) batch.close();
        }
        return (System.nanoTime() - begun) * 1e-9 / set.size();
    }

    @Override public void close() {
        tiny.close();
        photos.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
