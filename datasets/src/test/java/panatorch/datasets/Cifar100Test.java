package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.datasets.Cifar100.Labels;

class Cifar100Test {
    private static final int RECORD = 3074;

    @TempDir
    Path folder;
    private Path file;
    private final byte[] three = new byte[3 * RECORD];

    private static byte[] pixels(Dataset set, int index) {
        Item item = Item.alone(set.schema(), 0);
        set.read(index, item);
        return item.field(0).toArray(ValueLayout.JAVA_BYTE);
    }

    @BeforeEach void three_records() {
        file = folder.resolve("train.bin");
        three[RECORD] = 19;
        three[RECORD + 1] = 99;
        three[RECORD + 2] = 7;
    }

    @Test void an_image_has_a_coarse_and_a_fine_label() throws IOException {
        Files.write(file, three);
        try (var fine = Cifar100.of(file, Labels.FINE); var coarse = Cifar100.of(file, Labels.COARSE)) {
            assertThat(fine.size()).isEqualTo(3);
            assertThat(fine.classNames().get(fine.label(1))).isEqualTo("worm");
            assertThat(coarse.classNames().get(coarse.label(1))).isEqualTo("vehicles_2");
            assertThat(pixels(fine, 1)).startsWith(7, 0);
            assertThat(pixels(coarse, 0)).containsOnly(0);
        }
    }

    @Test void labels_that_are_no_classes_are_named() throws IOException {
        three[RECORD + 1] = 100;
        Files.write(file, three);
        assertThatThrownBy(() -> Cifar100.of(file, Labels.COARSE)).isInstanceOf(DatasetException.class)
                .hasMessage("record 1 of the file " + file + " has the label 100; labels from 0 to 99 were expected");
    }

    @Test void a_cut_or_empty_file_and_a_part_instead_of_the_whole_are_named() throws IOException {
        Files.write(file, java.util.Arrays.copyOf(three, 3 * RECORD - 1));
        assertThatThrownBy(() -> Cifar100.of(file, Labels.FINE)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + file
                        + " has 9,221 bytes, which is not a whole number of records; records of 3,074 bytes were expected");
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> Cifar100.of(file, Labels.FINE))
                .hasMessage("the file " + file + " has 0 records; records of 3,074 bytes were expected");
        Files.write(file, three);
        assertThatThrownBy(() -> Cifar100.train(folder))
                .hasMessage("the file " + file + " has 3 records; 50,000 records of 3,074 bytes were expected");
    }

    @Test void the_real_images_are_balanced_and_of_the_stated_names_and_mean() throws IOException {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder that holds cifar-100-binary");
        Path real = Path.of(data).resolve("cifar-100-binary");
        assertThat(Labels.FINE.names)
                .isEqualTo(Files.readAllLines(real.resolve("fine_label_names.txt")).stream().filter(l -> !l.isBlank()).toList());
        assertThat(Labels.COARSE.names)
                .isEqualTo(Files.readAllLines(real.resolve("coarse_label_names.txt")).stream().filter(l -> !l.isBlank()).toList());
        try (var fine = Cifar100.test(Path.of(data)); var coarse = Cifar100.test(real, Labels.COARSE)) {
            var perClass = new int[100];
            var perSuperclass = new int[20];
            var sum = new double[3];
            for (int i = 0; i < fine.size(); i++) {
                perClass[fine.label(i)]++;
                perSuperclass[coarse.label(i)]++;
                byte[] pixels = pixels(fine, i);
                for (int p = 0; p < pixels.length; p++) sum[p / 1024] += Byte.toUnsignedInt(pixels[p]) / 255.0;
            }
            assertThat(perClass).containsOnly(100);
            assertThat(perSuperclass).containsOnly(500);
            // the stated one is the training images'
            for (int c = 0; c < 3; c++) assertThat(sum[c] / (10_000 * 1024)).isCloseTo(fine.mean()[c], within(0.005));
        }
    }
}
