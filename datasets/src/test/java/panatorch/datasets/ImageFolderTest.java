package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.datasets.internal.ImageDecoder;
import panatorch.datasets.internal.image.Pixels;
import panatorch.junit.NoTensorLeaks;

/** Images and what Pillow makes of them are those of {@code images/make_images.py}. */
@NoTensorLeaks
class ImageFolderTest {
    @TempDir
    Path folder;

    private static byte[] resource(String name) throws IOException {
        try (var in = ImageFolderTest.class.getResourceAsStream("images/" + name)) {
            return in.readAllBytes();
        }
    }

    /** A line of {@code expected.txt}. */
    record Expected(String name, int width, int height, byte[] rgb, byte[] resized) {
        static Expected of(String line) {
            String[] parts = line.split(" ");
            return new Expected(parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), HexFormat.of().parseHex(parts[3]),
                    HexFormat.of().parseHex(parts[4]));
        }

        @Override public String toString() { return name; }
    }

    static Stream<Expected> images() throws IOException {
        return new String(resource("expected.txt"), StandardCharsets.UTF_8).lines().map(Expected::of);
    }

    @ParameterizedTest
    @MethodSource("images") void an_image_is_decoded_as_by_pillow_bit_for_bit(Expected expected) throws IOException {
        Pixels pixels = ImageDecoder.decode(resource(expected.name));
        assertThat(new int[] {pixels.width(), pixels.height()}).containsExactly(expected.width, expected.height);
        assertThat(pixels.rgb()).isEqualTo(expected.rgb);
    }

    @ParameterizedTest
    @MethodSource("images") void a_part_is_resized_as_by_pillow_bit_for_bit(Expected expected) {
        var planes = new byte[3 * 5 * 7];
        var box = new Framing.Box(1.5, 2, expected.width - 4.5, expected.height - 3.25);
        Resampling.resample(new Pixels(expected.width, expected.height, expected.rgb), box, 7, 5, ResamplingFilter.BILINEAR,
                MemorySegment.ofArray(planes));
        var interleaved = new byte[planes.length];
        for (int i = 0; i < planes.length; i++) interleaved[i % 35 * 3 + i / 35] = planes[i];
        assertThat(interleaved).isEqualTo(expected.resized);
    }

    private void put(String path, byte[] content) throws IOException {
        Files.createDirectories(folder.resolve(path).getParent());
        Files.write(folder.resolve(path), content);
    }

    @Test void folders_are_classes_in_the_order_of_their_names() throws IOException {
        put("dog/b.png", resource("rgb.png"));
        put("dog/a.jpg", resource("rgb.jpg"));
        put("dog/more/a.BMP", resource("rgb.bmp"));
        put("cat/x.webp", resource("lossless.webp"));
        put("cat/notes.txt", new byte[1]);
        put("readme.png", new byte[1]);
        var set = ImageFolder.of(folder, Framing.stretch(23, 17));
        assertThat(set.classNames()).containsExactly("cat", "dog");
        assertThat(IntStream.range(0, set.size()).mapToObj(i -> folder.relativize(Path.of(set.name(i))).toString()))
                .containsExactly("cat/x.webp", "dog/a.jpg", "dog/b.png", "dog/more/a.BMP");
        assertThat(IntStream.range(0, 4).map(set::label)).containsExactly(0, 1, 1, 1);
        try (Batch batch = set.batch(0, 1, 2)) {
            assertThat(batch.images().shape()).containsExactly(3, 3, 17, 23);
            assertThat(batch.labels().toLongArray()).containsExactly(0, 1, 1);
            byte[] all = batch.images().toByteArray();
            assertThat(Arrays.copyOf(all, 1173)).as("the same pixels as WebP and PNG")
                    .isEqualTo(Arrays.copyOfRange(all, 2 * 1173, 3 * 1173));
        }
    }

    @Test void test_images_keep_the_labels_of_training_though_a_class_comes_first() throws IOException {
        put("train/b/1.png", resource("rgb.png"));
        put("test/a/1.png", resource("rgb.png"));
        put("test/b/1.png", resource("rgb.png"));
        var train = ImageFolder.of(folder.resolve("train"), Framing.center(8));
        assertThat(ImageFolder.of(folder.resolve("test"), Framing.center(8), ChannelStats.IMAGENET, train.classNames()).label(0)).isZero();
        assertThatThrownBy(() -> ImageFolder.of(folder.resolve("train"), Framing.center(8), ChannelStats.IMAGENET, List.of("c")))
                .isInstanceOf(DatasetException.class).hasMessage("the folder " + folder.resolve("train/c") + " does not exist");
    }

    @Test void folders_without_classes_or_images_are_named() throws IOException {
        String layout =
                "; a folder of images is laid out as train/CLASS/*.jpg and test/CLASS/*.jpg or val/CLASS/*.jpg, with a folder for each "
                        + "class";
        assertThatThrownBy(() -> ImageFolder.of(folder.resolve("x"), Framing.center(8))).isInstanceOf(DatasetException.class)
                .hasMessage("the folder " + folder.resolve("x") + " does not exist" + layout);
        assertThatThrownBy(() -> ImageFolder.of(folder.resolve("val"), Framing.center(8), ChannelStats.IMAGENET, List.of("cat")))
                .hasMessage("the folder " + folder.resolve("val") + " does not exist" + layout);
        assertThatThrownBy(() -> ImageFolder.of(folder, Framing.center(8)))
                .hasMessage("the folder " + folder + " holds no folders" + layout);
        Files.createDirectory(folder.resolve("cat"));
        assertThatThrownBy(() -> ImageFolder.of(folder, Framing.center(8)))
                .hasMessage("the folder " + folder.resolve("cat") + " holds no images");
    }

    @Test void files_that_are_no_images_are_counted_and_named_and_all_formats_are_read() throws IOException {
        for (String name : new String[] {"rgb.jpg", "rgb.png", "rgb.bmp", "palette.gif", "lossy.webp", "raw_RGB.tif", "rgb.ppm",
            "grey.pgm"})
            put("set/cat/" + name, resource(name));
        for (String name : new String[] {"cat/a.heic", "cat/b.HEIC", "dog/notes.txt", "dog/README", "cat/.DS_Store"})
            put("set/" + name, new byte[1]);
        put("set/dog/1.png", resource("rgb.png"));
        put("set/loose.jpg", resource("rgb.jpg"));
        assertThat(ImageFolder.of(folder.resolve("set"), Framing.center(8)).size()).isEqualTo(9);
        var found = new ImageFiles();
        assertThat(found.list(folder.resolve("set/dog"))).hasSize(1);
        assertThat(found.list(folder.resolve("set/cat"))).hasSize(8);
        found.leaveOutLoose(folder.resolve("set/loose.jpg"));
        assertThat(found.leftOut())
                .isEqualTo("5 files that are not read (2 .heic, 1 .jpg in no class folder, 1 .txt, 1 without an ending), "
                        + "such as " + folder.resolve("set/dog/README") + ", " + folder.resolve("set/dog/notes.txt") + ", "
                        + folder.resolve("set/cat/a.heic")
                        + "; images end with .apng .bmp .dib .gif .jfif .jpe .jpeg .jpg .pbm .pgm .png .pnm "
                        + ".ppm .tif .tiff .webp");
        put("film/cat/a.mp4", new byte[1]);
        assertThatThrownBy(() -> ImageFolder.of(folder.resolve("film"), Framing.center(8))).isInstanceOf(DatasetException.class)
                .hasMessageContaining("holds no images, but 1 file that is not read (1 .mp4), such as ");
    }

    @Test void damaged_images_are_named() throws IOException {
        for (String name : new String[] {"rgb.jpg", "cmyk.jpg", "progressive.jpg", "rgb.png", "rgb.bmp", "palette.gif", "lossless.webp",
            "lzw_RGB.tif", "rgb.ppm"}) {
            byte[] whole = resource(name);
            for (int size : new int[] {0, 1, 10, 40, whole.length / 2}) {
                put("cat/" + name, Arrays.copyOf(whole, size));
                assertThatThrownBy(() -> ImageFolder.decode(folder.resolve("cat/" + name))).as("%d bytes of %s", size, name)
                        .isInstanceOf(DatasetException.class)
                        .hasMessageStartingWith("the image " + folder.resolve("cat/" + name) + " cannot be read: ");
            }
        }
        put("cat/page.jpg", "<html>not found</html>".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> ImageFolder.decode(folder.resolve("cat/page.jpg")))
                .hasMessageEndingWith("it is not a JPEG, PNG, BMP, GIF, WebP, TIFF or PPM, but a web page");
    }

    @Test void an_absurd_size_costs_no_memory() throws IOException {
        byte[] png = resource("rgb.png");
        png[16] = 0x0F; // the width's highest byte; the checksum is wrong now, too
        put("cat/a.png", png);
        assertThatThrownBy(() -> ImageFolder.decode(folder.resolve("cat/a.png"))).isInstanceOf(DatasetException.class);
        byte[] bmp = resource("rgb.bmp");
        bmp[20] = 0x70;
        put("cat/a.bmp", bmp);
        assertThatThrownBy(() -> ImageFolder.decode(folder.resolve("cat/a.bmp"))).isInstanceOf(DatasetException.class);
        byte[] gif = resource("palette.gif");
        for (int i : new int[] {6, 7, 8, 9}) gif[i] = (byte) 0xFF; // of the screen
        int frame = new String(gif, StandardCharsets.ISO_8859_1).indexOf(",\0\0\0\0\27\0\21\0");
        for (int i = 5; i < 9; i++) gif[frame + i] = (byte) 0xFF;
        put("cat/a.gif", gif);
        assertThatThrownBy(() -> ImageFolder.decode(folder.resolve("cat/a.gif")))
                .hasMessageEndingWith("its header declares 65535×65535 pixels; the limit is 178 million");
    }

    @Test void no_damaged_byte_does_worse_than_an_exception_or_other_pixels() throws IOException {
        var random = new Random(2);
        for (Expected image : images().toList()) {
            byte[] whole = resource(image.name);
            for (int i = 0; i < 40; i++) {
                byte[] damaged = whole.clone();
                damaged[random.nextInt(whole.length)] ^= (byte) (1 + random.nextInt(255));
                put("cat/x", damaged);
                try {
                    assertThat(ImageFolder.decode(folder.resolve("cat/x")).rgb()).isNotEmpty();
                } catch (DatasetException e) {
                    assertThat(e).hasMessageContaining("cat/x");
                }
            }
        }
    }

    @Test void a_random_part_lies_inside_and_has_the_area_and_ratio_asked_for() {
        var framing = Framing.randomArea(8, 0.25, 0.5);
        var random = new Random(3);
        double area = 0;
        for (int i = 0; i < 2000; i++) {
            Framing.Box box = framing.box(400, 300, random);
            assertThat(box.left()).isBetween(0.0, 400 - box.width());
            assertThat(box.top()).isBetween(0.0, 300 - box.height());
            assertThat(box.width() * box.height() / 120_000).isBetween(0.248, 0.502);
            assertThat(box.width() / box.height()).isBetween(0.74, 1.35);
            area += box.width() * box.height() / 120_000 / 2000;
        }
        assertThat(area).isBetween(0.37, 0.38);
        assertThat(framing.box(1000, 2, random)).as("of an image too narrow for any, the middle")
                .isEqualTo(new Framing.Box((1000 - 8 / 3.0) / 2, 0, 8 / 3.0, 2));
    }

    @Test void impossible_framings_are_refused() {
        assertThatThrownBy(() -> Framing.stretch(0, 5)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width and height must be at least 1, but are 0 and 5");
        assertThatThrownBy(() -> Framing.center(256, 224))
                .hasMessage("a square of 256 pixels does not fit into an image whose shorter side is 224");
        assertThatThrownBy(() -> Framing.randomArea(8, 0, 1))
                .hasMessage("areas must satisfy 0 < minArea ≤ maxArea ≤ 1, but are 0.0 and 1.0");
        var outside = new BoxFraming(4, 4, (w, h, random) -> new Framing.Box(1, 0, w, h));
        assertThatThrownBy(() -> {
            put("cat/a.png", resource("rgb.png"));
            ImageFolder.of(folder, outside).batch(0);
        }).isInstanceOf(IllegalStateException.class).hasMessageContaining("which is outside the image of 23×17 pixels");
    }

    @Test void the_jpeg_folder_holds_the_images_of_cifar() {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder that holds cifar10-jpg-folder");
        var set = ImageFolder.of(Path.of(data, "cifar10-jpg-folder", "train"), Framing.stretch(32, 32));
        assertThat(set.size()).isEqualTo(800);
        assertThat(set.classNames()).containsExactly("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                "truck");
        try (Batch all = set.batch(IntStream.range(0, 800).toArray())) {
            assertThat(all.images().shape()).containsExactly(800, 3, 32, 32);
        }
    }
}
