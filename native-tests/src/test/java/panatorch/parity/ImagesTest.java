package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.datasets.Images;
import panatorch.junit.NoTensorLeaks;

/**
 * Images of all formats, modes and options that {@code src/test/python/images.py} draws at random have the pixels that Pillow gives them.
 * {@code -Dpanatorch.images.count} and {@code -Dpanatorch.images.seed} ask for others.
 */
@NoTensorLeaks
class ImagesTest {
    private static final Path SCRIPT = Path.of("src/test/python/images.py");

    @TempDir
    Path folder;

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    }

    @Test void random_images_are_those_of_pillow_and_damaged_ones_are_exceptions_at_worst() throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with numpy and pillow, whose images Java reads");
        assumeTrue(run(python, "-c", "import numpy, PIL; assert int(PIL.__version__.split('.')[0]) >= 12") == 0,
                "skipped: PYTHON has no numpy or no pillow of version 12 or later");
        String seed = System.getProperty("panatorch.images.seed", "1"), count = System.getProperty("panatorch.images.count", "450");
        assertThat(run(python, SCRIPT.toString(), folder.toString(), seed, count)).as("the status of " + SCRIPT).isZero();
        List<String> images = Files.readAllLines(folder.resolve("expected.txt"));
        assertThat(images).hasSize(Integer.parseInt(count));
        var random = new Random(Long.parseLong(seed));
        var softly = new SoftAssertions();
        for (String line : images) {
            String[] image = line.split(" ");
            byte[] file = Files.readAllBytes(folder.resolve(image[0]));
            try (var scope = Scope.open()) {
                Tensor read = Images.read(file);
                softly.assertThat(read.shape()).as(image[0]).containsExactly(3, Long.parseLong(image[2]), Long.parseLong(image[1]));
                byte[] expected = Files.readAllBytes(folder.resolve(image[0] + ".rgb"));
                softly.assertThat(greatestDifference(read.permute(1, 2, 0).contiguous().toByteArray(), expected)).as(image[0]).isZero();
            }
            damage(file, random, image[0]);
        }
        softly.assertAll();
    }

    private static int greatestDifference(byte[] a, byte[] b) {
        if (a.length != b.length) return 256;
        int greatest = 0;
        for (int i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs((a[i] & 0xFF) - (b[i] & 0xFF)));
        return greatest;
    }

    /** Reads copies with some other bytes. Anything but pixels and the documented exception fails the test. */
    private static void damage(byte[] file, Random random, String name) {
        for (int i = 0; i < 20; i++) {
            byte[] damaged = file.clone();
            int within = i % 2 == 0 ? Math.min(file.length, 100) : file.length;
            for (int n = 0; n <= i % 4; n++) damaged[random.nextInt(within)] = (byte) random.nextInt();
            try (var scope = Scope.open()) {
                assertThat(Images.read(damaged).dim()).isEqualTo(3);
            } catch (IOException e) {
                assertThat(e).as(name).message().startsWith("the image cannot be read: it").doesNotContain("null");
            }
        }
    }
}
