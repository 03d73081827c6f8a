package panatorch.bench;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;

/** Writes JPEG files that compress like photographs: structures of all sizes, larger ones stronger, and some noise. */
final class GeneratedPhotos {
    private static final float QUALITY = 0.9f;
    private static final double FALL = 1.6, NOISE = 8;

    private GeneratedPhotos() {}

    /** Writes {@code count} files into a new folder for one class. */
    static void write(Path folder, int count, int width, int height) throws IOException {
        Path ofClass = Files.createDirectories(folder.resolve("photos"));
        for (int i = 0; i < count; i++) {
            var writer = ImageIO.getImageWritersByFormatName("jpeg").next();
            ImageWriteParam options = writer.getDefaultWriteParam();
            options.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            options.setCompressionQuality(QUALITY);
            try (var out = ImageIO.createImageOutputStream(ofClass.resolve(i + ".jpg").toFile())) {
                writer.setOutput(out);
                writer.write(null, new IIOImage(photo(width, height, new SplittableRandom(i)), null, null), options);
            } finally {
                writer.dispose();
            }
        }
    }

    private static BufferedImage photo(int width, int height, SplittableRandom random) {
        var sums = new double[3][width * height];
        double strength = 90;
        for (int cells = 2; cells < Math.min(width, height); cells *= 2, strength /= FALL)
            for (double[] channel : sums) add(channel, width, height, cells, strength, random);
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            double noise = (random.nextDouble() - 0.5) * NOISE;
            image.setRGB(i % width, i / width,
                    level(sums[0][i] + noise) << 16 | level(sums[1][i] + noise) << 8 | level(sums[2][i] + noise));
        }
        return image;
    }

    private static int level(double value) { return (int) Math.clamp(128 + value, 0, 255); }

    /** Adds a grid of random numbers, interpolated linearly. */
    private static void add(double[] to, int width, int height, int cells, double strength, SplittableRandom random) {
        var grid = new double[(cells + 1) * (cells + 1)];
        for (int i = 0; i < grid.length; i++) grid[i] = (random.nextDouble() - 0.5) * strength;
        for (int y = 0; y < height; y++) {
            double v = (double) y * cells / height;
            for (int x = 0; x < width; x++) {
                double u = (double) x * cells / width, du = u - (int) u, dv = v - (int) v;
                int at = (int) v * (cells + 1) + (int) u;
                to[y * width + x] += (1 - dv) * ((1 - du) * grid[at] + du * grid[at + 1])
                        + dv * ((1 - du) * grid[at + cells + 1] + du * grid[at + cells + 2]);
            }
        }
    }
}
