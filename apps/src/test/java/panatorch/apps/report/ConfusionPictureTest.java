package panatorch.apps.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Names of classes beside and above a confusion matrix. */
class ConfusionPictureTest {
    private static final String COMMON = "n02085620-Chihuahua_and_other_small_dogs";

    private static BufferedImage picture(List<String> names) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(ConfusionPicture.png(new long[names.size()][names.size()], names)));
    }

    private static long ink(BufferedImage p, int x, int y, int width, int height) {
        return IntStream.range(x, x + width)
                .mapToLong(i -> IntStream.range(y, y + height).filter(j -> (p.getRGB(i, j) & 0xFFFFFF) != 0xFFFFFF).count()).sum();
    }

    @Test void names_that_differ_at_their_end_do_so_in_the_picture() throws IOException {
        BufferedImage a = picture(List.of(COMMON + "_a", COMMON + "_b")), b = picture(List.of(COMMON + "_b", COMMON + "_b"));
        assertThat(a.getRGB(0, 0, a.getWidth(), a.getHeight(), null, 0, a.getWidth()))
                .isNotEqualTo(b.getRGB(0, 0, b.getWidth(), b.getHeight(), null, 0, b.getWidth()));
    }

    @Test void no_name_reaches_the_border_or_the_words_in_the_corner() throws IOException {
        for (String name : List.of("cat", COMMON, COMMON.repeat(5), "W".repeat(60), "köln".repeat(40))) {
            BufferedImage p = picture(List.of(name, name + "2"));
            assertThat(ink(p, 0, 0, 3, p.getHeight())).as(name).isZero();
            assertThat(ink(p, 0, 0, p.getWidth(), 3)).as(name).isZero();
            assertThat(ink(p, 0, 40, p.getWidth() - 90 - 20, p.getHeight() - 90 - 20 - 40)).as("the corner, below its words").isZero();
            assertThat(p.getWidth()).isLessThan(500);
        }
    }

    /** The last names of fifty classes are as whole as the first. */
    @Test void many_long_names_keep_their_rows_apart() throws IOException {
        BufferedImage p = picture(IntStream.range(0, 50).mapToObj(i -> COMMON + i).toList());
        assertThat(ink(p, 0, 0, 3, p.getHeight())).isZero();
    }
}
