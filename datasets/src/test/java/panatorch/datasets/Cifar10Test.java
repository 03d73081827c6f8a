package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
    private static final int RECORD = 3073;

    @TempDir
    Path root;
    private Path folder, file;

    @BeforeEach void an_empty_folder() throws IOException {
        folder = Files.createDirectory(root.resolve("cifar-10-batches-bin"));
        file = folder.resolve("test_batch.bin");
    }

    /** A file of zeros, which takes no space on disk, with some bytes of its own. */
    private static void write(Path file, long size, long at, int... bytes) throws IOException {
        try (var f = new RandomAccessFile(file.toFile(), "rw")) {
            f.setLength(size);
            f.seek(at);
            for (int b : bytes) f.write(b);
        }
    }

    private static byte[] pixels(Dataset set, int index) {
        Item item = Item.alone(set.schema(), 0);
        set.read(index, item);
        return item.field(0).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test void an_image_has_the_label_and_the_pixels_of_its_record() throws IOException {
        write(file, 10_000 * RECORD, 7 * RECORD, 9, 11, 12);
        try (var set = Cifar10.test(root)) {
            assertThat(set.size()).isEqualTo(10_000);
            assertThat(set.label(7)).isEqualTo(9);
            assertThat(pixels(set, 7)).startsWith(11, 12, 0);
            assertThat(set.label(6)).isZero();
            assertThat(pixels(set, 6)).containsOnly(0);
            assertThat(set.name(7)).isEqualTo("record 7 of " + file);
            assertThatThrownBy(() -> pixels(set, 10_000)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test void the_training_images_are_those_of_five_files() throws IOException {
        for (int i = 1; i <= 5; i++) write(folder.resolve("data_batch_" + i + ".bin"), 10_000 * RECORD, 9_999 * RECORD, i);
        try (var set = Cifar10.train(root)) {
            assertThat(set.size()).isEqualTo(50_000);
            for (int i = 1; i <= 5; i++) assertThat(set.label(10_000 * i - 1)).isEqualTo(i);
        }
    }

    @Test void the_folder_of_the_files_is_accepted_too() throws IOException {
        write(file, 10_000 * RECORD, 0);
        try (var set = Cifar10.test(folder)) {
            assertThat(set.classes()).isEqualTo(10);
        }
    }

    @Test void a_truncated_file_is_named() throws IOException {
        write(file, 10_000 * RECORD - 1, 0);
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + file
                        + " has 30,729,999 bytes, which is not a whole number of records; 10,000 records of 3,073 bytes were expected");
    }

    @Test void a_file_with_too_few_records_is_named() throws IOException {
        for (int i = 1; i <= 5; i++) write(folder.resolve("data_batch_" + i + ".bin"), (i == 3 ? 9_999 : 10_000) * RECORD, 0);
        assertThatThrownBy(() -> Cifar10.train(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + folder.resolve("data_batch_3.bin")
                        + " has 9,999 records; 10,000 records of 3,073 bytes were expected");
    }

    @Test void an_empty_file_is_named() throws IOException {
        write(file, 0, 0);
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class).hasMessageContaining(file + " has 0 records");
    }

    @Test void a_label_above_nine_is_named_with_its_record() throws IOException {
        write(file, 10_000 * RECORD, 17 * RECORD, 200);
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class)
                .hasMessage("record 17 of the file " + file + " has the label 200; labels from 0 to 9 were expected");
    }

    @Test void a_missing_file_is_named() throws IOException {
        write(file, 10_000 * RECORD, 0);
        assertThatThrownBy(() -> Cifar10.train(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + folder.resolve("data_batch_1.bin") + " is missing");
    }

    @Test void a_missing_folder_is_named() throws IOException {
        assertThatThrownBy(() -> Cifar10.test(root.resolve("nowhere"))).isInstanceOf(DatasetException.class)
                .hasMessage("the folder " + root.resolve("nowhere") + " does not exist");
        Files.delete(folder);
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the folder " + root
                        + " holds no folder cifar-10-batches-bin or cifar-10-batches-py; unpack cifar-10-binary.tar.gz or "
                        + "cifar-10-python.tar.gz there");
    }

    @Test void a_closed_set_cannot_be_read_and_closes_again_without_harm() throws IOException {
        write(file, 10_000 * RECORD, 0);
        var set = Cifar10.test(root);
        set.close();
        set.close();
        assertThatThrownBy(() -> pixels(set, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test void the_real_images_have_the_stated_mean_and_deviation_and_are_balanced() {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder that holds cifar-10-batches-bin");
        try (var set = Cifar10.train(Path.of(data)); var test = Cifar10.test(Path.of(data))) {
            var perClass = new int[10];
            var sum = new double[3];
            var squares = new double[3];
            for (int i = 0; i < set.size(); i++) {
                byte[] pixels = pixels(set, i);
                perClass[set.label(i)]++;
                for (int p = 0; p < 3072; p++) {
                    double v = Byte.toUnsignedInt(pixels[p]) / 255.0;
                    sum[p / 1024] += v;
                    squares[p / 1024] += v * v;
                }
            }
            assertThat(perClass).containsOnly(5000);
            for (int c = 0; c < 3; c++) {
                double mean = sum[c] / (50_000 * 1024), std = Math.sqrt(squares[c] / (50_000 * 1024) - mean * mean);
                assertThat(set.mean()[c]).isCloseTo(mean, within(1e-4));
                assertThat(set.std()[c]).isCloseTo(std, within(1e-4));
            }
            assertThat(set.classNames().get(set.label(0))).isEqualTo("frog");
            assertThat(test.classNames().get(test.label(0))).isEqualTo("cat");
        }
    }
}
