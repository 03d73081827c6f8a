package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {
    @TempDir
    Path folder;

    /** An IDX file: header of {@code magic} and {@code shape}, then {@code values}. */
    private static byte[] idx(int magic, int[] shape, byte... values) {
        var buffer = ByteBuffer.allocate(4 + 4 * shape.length + values.length).putInt(magic);
        for (int n : shape) buffer.putInt(n);
        return buffer.put(values).array();
    }

    private Path images(byte[] content) throws IOException { return Files.write(folder.resolve("t10k-images-idx3-ubyte"), content); }

    private Path labels(byte[] content) throws IOException { return Files.write(folder.resolve("t10k-labels-idx1-ubyte"), content); }

    private static final byte[] TWO_LABELS = idx(0x801, new int[] {2}, (byte) 9, (byte) 0);

    private static byte[] twoImages() {
        var pixels = new byte[2 * 784];
        pixels[0] = 1;
        pixels[784] = 2;
        pixels[785] = (byte) 255;
        return idx(0x803, new int[] {2, 28, 28}, pixels);
    }

    private static byte[] pixels(Dataset set, int index) {
        Item item = Item.alone(set.schema(), 0);
        set.read(index, item);
        return item.field(0).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] zipped(byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    @Test void files_are_read_zipped_or_not() throws IOException {
        labels(TWO_LABELS);
        Files.write(folder.resolve("t10k-images-idx3-ubyte.gz"), zipped(twoImages()));
        Mnist set = Mnist.test(folder);
        assertThat(set.size()).isEqualTo(2);
        assertThat(pixels(set, 0)).startsWith(1, 0).hasSize(784);
        assertThat(pixels(set, 1)).startsWith(2, 255, 0);
        assertThat(IntStream.range(0, 2).map(set::label)).containsExactly(9, 0);
        assertThat(Mnist.fashionTest(folder).classNames().get(9)).isEqualTo("Ankle boot");
        assertThatThrownBy(() -> pixels(set, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test void a_missing_file_is_named() {
        assertThatThrownBy(() -> Mnist.train(folder)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + folder.resolve("train-labels-idx1-ubyte.gz") + " is missing");
    }

    @Test void a_file_of_something_else_is_named() throws IOException {
        Path images = images(twoImages()), labels = labels(idx(0x803, new int[] {2}, (byte) 9, (byte) 0));
        assertThatThrownBy(() -> Mnist.test(folder)).isInstanceOf(DatasetException.class)
                .hasMessage(
                        "the file " + labels + " is not an IDX file of bytes in 1 dimensions: it begins with 00000803 instead of 00000801");
        labels(TWO_LABELS);
        Files.write(images, idx(0x803, new int[] {2, 14, 56}, new byte[2 * 784]));
        assertThatThrownBy(() -> Mnist.test(folder))
                .hasMessage("the file " + images + " has images of 14 by 56 pixels; 28 by 28 were expected");
    }

    @Test void a_cut_file_and_one_that_goes_on_are_named() throws IOException {
        Path images = images(Arrays.copyOf(twoImages(), 1000));
        labels(TWO_LABELS);
        assertThatThrownBy(() -> Mnist.test(folder)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + images + " is truncated; download it again");
        images(Arrays.copyOf(twoImages(), 7));
        assertThatThrownBy(() -> Mnist.test(folder)).hasMessage("the file " + images + " is truncated; download it again");
        images(Arrays.copyOf(twoImages(), 2000));
        assertThatThrownBy(() -> Mnist.test(folder))
                .hasMessage("the file " + images + " has bytes after the 1568 values that its header declares");
        Files.delete(images);
        byte[] gz = zipped(twoImages());
        Path zip = Files.write(folder.resolve("t10k-images-idx3-ubyte.gz"), Arrays.copyOf(gz, gz.length - 12));
        assertThatThrownBy(() -> Mnist.test(folder)).hasMessage("the file " + zip + " is truncated; download it again");
        Files.writeString(zip, "<html>not found</html>");
        assertThatThrownBy(() -> Mnist.test(folder)).hasMessageStartingWith("the file " + zip + " cannot be read: ");
    }

    @Test void absurd_counts_cost_no_memory() throws IOException {
        Path images = images(idx(0x803, new int[] {2_000_000_000, 28, 28}));
        labels(TWO_LABELS);
        assertThatThrownBy(() -> Mnist.test(folder)).isInstanceOf(DatasetException.class).hasMessage(
                "the header of the file " + images + " declares the shape [2000000000, 28]; it must have 0 to 2147483639 values");
        images(idx(0x803, new int[] {-1, 28, 28}));
        assertThatThrownBy(() -> Mnist.test(folder)).hasMessage(
                "the header of the file " + images + " declares the shape [-1]; it must have 0 to 2147483639 values");
        images(idx(0x803, new int[] {2_700_000, 28, 28}));
        assertThatThrownBy(() -> Mnist.test(folder)).hasMessage("the file " + images + " is truncated; download it again");
    }

    @Test void labels_that_are_no_classes_or_too_few_are_named() throws IOException {
        Path images = images(twoImages()), labels = labels(idx(0x801, new int[] {2}, (byte) 9, (byte) 10));
        assertThatThrownBy(() -> Mnist.test(folder)).isInstanceOf(DatasetException.class)
                .hasMessage("label 1 of the file " + labels + " is 10; labels from 0 to 9 were expected");
        labels(idx(0x801, new int[] {1}, (byte) 9));
        assertThatThrownBy(() -> Mnist.test(folder)).hasMessage("the file " + images + " has 2 images, but " + labels + " has 1 labels");
    }

    @Test void the_real_images_have_the_stated_mean_and_deviation() {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder that holds mnist");
        Mnist set = Mnist.train(Path.of(data)), test = Mnist.test(Path.of(data));
        assertThat(set.size()).isEqualTo(60_000);
        assertThat(test.size()).isEqualTo(10_000);
        // as everybody's first figure of MNIST shows
        assertThat(IntStream.range(0, 8).map(set::label)).containsExactly(5, 0, 4, 1, 9, 2, 1, 3);
        assertThat(IntStream.range(0, 8).map(test::label)).containsExactly(7, 2, 1, 0, 4, 1, 4, 9);
        double sum = 0, squares = 0;
        for (int i = 0; i < set.size(); i++) {
            for (byte b : pixels(set, i)) {
                double v = Byte.toUnsignedInt(b) / 255.0;
                sum += v;
                squares += v * v;
            }
        }
        double n = 60_000 * 784, mean = sum / n;
        assertThat(set.mean()[0]).isCloseTo(mean, within(1e-4));
        assertThat(set.std()[0]).isCloseTo(Math.sqrt(squares / n - mean * mean), within(1e-4));
    }
}
