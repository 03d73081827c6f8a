package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class SyntheticTest {
    private static byte[] bytes(Dataset set) {
        try (Batch all = set.batch(IntStream.range(0, set.size()).toArray())) {
            return all.images().toByteArray();
        }
    }

    private static long checksum(Dataset set) {
        var crc = new CRC32();
        crc.update(bytes(set));
        return crc.getValue();
    }

    @Test void a_seed_makes_the_same_images_on_every_machine() {
        assertThat(checksum(Synthetic.train(500, 0))).isEqualTo(678506200L);
        assertThat(checksum(Synthetic.test(500, 0))).isEqualTo(4197105982L);
    }

    @Test void the_number_of_threads_does_not_matter() throws Exception {
        try (var one = new ForkJoinPool(1); var four = new ForkJoinPool(4)) {
            assertThat(one.submit(() -> bytes(Synthetic.train(200, 5))).get())
                    .isEqualTo(four.submit(() -> bytes(Synthetic.train(200, 5))).get());
        }
    }

    @Test void a_larger_set_begins_with_the_smaller_one() {
        assertThat(bytes(Synthetic.train(60, 1).limit(30))).isEqualTo(bytes(Synthetic.train(30, 1)));
    }

    @Test void no_test_image_is_a_training_image_nor_any_image_there_twice() {
        var seen = new HashSet<String>();
        for (var set : new Dataset[] {Synthetic.train(300, 0), Synthetic.test(300, 0), Synthetic.train(300, 1)}) {
            byte[] images = bytes(set);
            for (int i = 0; i < set.size(); i++)
                assertThat(seen.add(new String(images, i * 3072, 3072, java.nio.charset.StandardCharsets.ISO_8859_1))).isTrue();
        }
    }

    @Test void any_leading_part_is_balanced() {
        var set = Synthetic.test(40, 0);
        assertThat(IntStream.range(0, 40).map(set::label).toArray()).startsWith(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1);
        assertThat(set.classNames()).hasSize(10).contains("circle", "vertical stripes");
    }

    @Test void colour_tells_nothing_about_the_class() {
        var set = Synthetic.train(2000, 0);
        byte[] images = bytes(set);
        var mean = new double[10][3];
        for (int i = 0; i < images.length; i++)
            mean[i / 3072 % 10][i % 3072 / 1024] += Byte.toUnsignedInt(images[i]) / 255.0 / (200 * 1024);
        // three standard errors of 200 images' mean colours
        for (var ofClass : mean) for (double m : ofClass) assertThat(m).isCloseTo(0.5, within(0.06));
    }

    @Test void the_stated_mean_and_deviation_are_those_of_the_images() {
        var set = Synthetic.train(2000, 0);
        double sum = 0, squares = 0;
        byte[] images = bytes(set);
        for (byte b : images) {
            double v = Byte.toUnsignedInt(b) / 255.0;
            sum += v;
            squares += v * v;
        }
        double m = sum / images.length;
        assertThat(set.mean()).containsOnly(0.5);
        assertThat(m).isCloseTo(0.5, within(0.01));
        assertThat(set.std()[0]).isCloseTo(Math.sqrt(squares / images.length - m * m), within(0.01));
    }

    @Test void a_negative_size_is_refused() {
        assertThatThrownBy(() -> Synthetic.train(-1, 0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("but is -1");
    }
}
