package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.datasets.internal.ImageDecoder;
import panatorch.datasets.internal.image.Pixels;
import panatorch.junit.NoTensorLeaks;

/** Single images; what is decoded of them is tested with folders. */
@NoTensorLeaks
class ImagesTest {
    private static List<String> formats() throws IOException {
        return new String(resource("expected.txt"), StandardCharsets.UTF_8).lines().map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    @TempDir
    Path folder;

    private static byte[] resource(String name) throws IOException {
        try (var in = ImagesTest.class.getResourceAsStream("images/" + name)) {
            return in.readAllBytes();
        }
    }

    @Test void bytes_streams_and_files_are_framed_as_those_of_a_folder() throws IOException {
        for (String name : formats()) {
            byte[] content = resource(name);
            Files.createDirectories(folder.resolve("cat"));
            Path file = Files.write(folder.resolve("cat/" + name), content);
            var framing = Framing.center(8, 10);
            try (var scope = Scope.open(); Batch batch = ImageFolder.unlabelled(List.of(file), framing, ChannelStats.IMAGENET).batch(0)) {
                Tensor expected = batch.images().select(0, 0);
                for (Tensor image : List.of(Images.read(content, framing), Images.read(new ByteArrayInputStream(content), framing),
                        Images.read(file, framing))) {
                    assertThat(image.dtype()).isEqualTo(DType.UINT8);
                    assertThat(image.shape()).containsExactly(3, 8, 8);
                    assertThat(image.torchEquals(expected)).as(name).isTrue();
                }
            }
        }
    }

    @Test void without_a_framing_an_image_keeps_its_size_and_stands_upright() throws IOException {
        try (var scope = Scope.open()) {
            assertThat(Images.read(resource("rgb.png")).shape()).containsExactly(3, 17, 23);
            assertThat(Images.read(resource("turned6.jpg")).shape())
                    .isEqualTo(Images.read(new ByteArrayInputStream(resource("turned8.jpg"))).shape())
                    .isNotEqualTo(Images.read(resource("turned3.jpg")).shape());
            Pixels pixels = ImageDecoder.decode(resource("rgb.png"));
            Tensor image = Images.read(Files.write(folder.resolve("a.png"), resource("rgb.png")));
            byte[] planes = image.toByteArray();
            for (int i = 0; i < 17 * 23; i++)
                for (int c = 0; c < 3; c++) assertThat(planes[c * 17 * 23 + i]).isEqualTo(pixels.rgb()[3 * i + c]);
        }
    }

    @Test void a_name_s_ending_does_not_matter() throws IOException {
        try (var scope = Scope.open()) {
            assertThat(Images.read(Files.write(folder.resolve("a.jpg"), resource("rgb.png"))).torchEquals(Images.read(resource("rgb.png"))))
                    .isTrue();
        }
    }

    private static void assertRefused(byte[] content, String how) {
        assertThatThrownBy(() -> Images.read(content)).as(how).isInstanceOf(IOException.class).message()
                .startsWith("the image cannot be read: it").doesNotContain("null").hasSizeGreaterThan(35);
    }

    @Test void whatever_is_cut_off_is_an_exception_that_says_so() throws IOException {
        for (String name : formats()) {
            byte[] whole = resource(name);
            for (int size : new int[] {0, 1, 2, 3, 4, 8, 12, 20, 30, 40, whole.length / 2, whole.length * 3 / 4})
                assertRefused(Arrays.copyOf(whole, size), size + " bytes of " + name);
        }
        assertThatThrownBy(() -> Images.read(new byte[0])).hasMessage("the image cannot be read: it is empty");
        assertThatThrownBy(() -> Images.read("<svg/>".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("the image cannot be read: it is not a JPEG, PNG, BMP, GIF, WebP, TIFF or PPM, but an SVG image");
    }

    @Test void files_that_are_not_there_or_none_are_named() {
        Path missing = folder.resolve("a.png");
        assertThatThrownBy(() -> Images.read(missing)).isInstanceOf(IOException.class)
                .hasMessage("the image " + missing + " cannot be read: there is no such file");
        assertThatThrownBy(() -> Images.read(folder)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("the image " + folder + " cannot be read: ").message().doesNotContain("null");
    }

    @Test void a_stream_that_fails_is_that_failure_and_one_that_ends_is_not_closed() throws IOException {
        var failing = new InputStream() {
            @Override public int read() throws IOException { throw new IOException("the client is gone"); }
        };
        assertThatThrownBy(() -> Images.read(failing)).isInstanceOf(IOException.class)
                .hasMessage("the image cannot be read: the client is gone");
        var closed = new boolean[1];
        var in = new ByteArrayInputStream(resource("rgb.png")) {
            @Override public void close() { closed[0] = true; }
        };
        try (var scope = Scope.open()) {
            Images.read(in, Framing.center(4));
        }
        assertThat(closed[0]).isFalse();
    }

    /** Reads an image of each format that says it has 12,000 by 12,000 pixels, the last one more. */
    static final class Claims {
        private Claims() {}

        static void main(String[] args) throws IOException {
            byte[] png = resource("rgb.png"), bmp = resource("rgb.bmp"), gif = resource("palette.gif"), jpeg = resource("rgb.jpg"),
                    webp = resource("lossless.webp");
            Arrays.fill(png, 16, 24, (byte) 0);
            png[18] = png[22] = 0x2E;
            var crc = new CRC32();
            crc.update(png, 12, 17);
            for (int i = 0; i < 4; i++) png[29 + i] = (byte) (crc.getValue() >> 24 - 8 * i);
            bmp[19] = bmp[23] = 0x2E;
            int frame = new String(gif, StandardCharsets.ISO_8859_1).indexOf(",\0\0\0\0\27\0\21\0");
            for (int i : new int[] {7, 9, frame + 6, frame + 8}) gif[i] = 0x2E;
            int sof = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0");
            jpeg[sof + 5] = jpeg[sof + 7] = 0x2E;
            for (int i : new int[] {21, 22, 23}) webp[i] = (byte) 0xFF; // 14 bits of the width, 14 of the height
            webp[24] |= 0x0F;
            for (byte[] claim : List.of(png, bmp, gif, jpeg, webp)) {
                try (var scope = Scope.open()) {
                    System.out.println("read: " + Images.read(claim, Framing.center(4)).describe());
                } catch (IOException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @Test void a_small_file_that_claims_more_pixels_than_fit_into_the_heap_is_an_exception() throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        Process program = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xmx200m",
                "-cp", System.getProperty("java.class.path"), Claims.class.getName())).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        assertThat(program.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(Files.readAllLines(output)).hasSize(5)
                .allSatisfy(line -> assertThat(line).startsWith("the image cannot be read: it").doesNotContain("null").doesNotEndWith(": "))
                .anySatisfy(line -> assertThat(line).endsWith("its header declares 16384×16384 pixels; the limit is 178 million"))
                .anySatisfy(line -> assertThat(line).endsWith("its pixels do not fit into the Java heap of 200 MiB; raise it with -Xmx"));
        assertThat(program.exitValue()).isZero();
    }

    /** Before, the lossy one took 43 s, and the other was read as an image of repeated bits. */
    @Test void a_webp_that_claims_more_pixels_than_its_bytes_can_hold_is_refused_at_once() throws IOException {
        byte[] lossy = resource("lossy.webp"), lossless = resource("lossless.webp");
        lossy[26] = lossy[28] = (byte) 0xC8; // 13,000 by 13,000
        lossy[27] = lossy[29] = 0x32;
        long size = 12_999L | 12_999L << 14;
        for (int i = 0; i < 4; i++) lossless[21 + i] = (byte) (lossless[21 + i] & (i == 3 ? 0xF0 : 0) | (int) (size >> 8 * i) & 0xFF);
        for (byte[] claim : List.of(lossy, lossless)) {
            long begun = System.nanoTime();
            assertThatThrownBy(() -> Images.read(claim)).isInstanceOf(IOException.class)
                    .hasMessageMatching(
                            "the image cannot be read: its header declares 13000×13000 pixels, more than its \\d+ bytes can hold");
            assertThat(System.nanoTime() - begun).isLessThan(5_000_000_000L);
        }
    }

    /** Pillow's lossless file of 4,000 by 4,000 pixels of one colour, whose pixels take no bits. */
    @Test void a_large_picture_of_one_colour_is_tiny_and_read() throws IOException {
        byte[] file = HexFormat.of().parseHex("524946461e000000574542505650384c110000002f9fcfe7030750e42ad4a3ff8188e87f0000");
        try (var scope = Scope.open()) {
            Tensor image = Images.read(file);
            assertThat(image.shape()).containsExactly(3, 4000, 4000);
            assertThat(image.amin(1, 2).toByteArray()).isEqualTo(image.amax(1, 2).toByteArray()).containsExactly(10, (byte) 200, 30);
        }
    }

    @Test void no_damaged_byte_does_worse_than_an_exception_with_a_message_or_other_pixels() throws IOException {
        var random = new Random(3);
        for (String name : formats()) {
            byte[] whole = resource(name);
            for (int i = 0; i < 100; i++) {
                byte[] damaged = i % 4 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
                if (damaged.length > 0)
                    for (int n = 0; n < 1 + i % 5; n++)
                        damaged[random.nextInt(Math.min(damaged.length, i % 2 == 0 ? 64 : damaged.length))] = (byte) random.nextInt();
                try (var scope = Scope.open()) {
                    assertThat(Images.read(damaged, Framing.center(4)).shape()).containsExactly(3, 4, 4);
                } catch (IOException e) {
                    assertThat(e).as(name).message().startsWith("the image cannot be read: ").doesNotContain("null").doesNotEndWith(": ");
                }
            }
        }
    }

    @Test void an_image_that_ends_too_early_is_truncated_whatever_its_format() throws IOException {
        for (String name : List.of("rgb.jpg", "progressive.jpg", "rgb.png", "rgb.bmp", "palette.gif", "lossy.webp", "lossless.webp",
                "lzw_RGB.tif", "text.ppm")) {
            byte[] whole = resource(name);
            assertThatThrownBy(() -> Images.read(Arrays.copyOf(whole, whole.length - whole.length / 5))).as(name)
                    .hasMessage("the image cannot be read: it is truncated");
        }
    }

    /** Such a JPEG of 3.4 million blocks would take minutes: every scan declares anew that nothing follows. */
    @Test void scans_without_end_are_refused() throws IOException {
        byte[] file = resource("progressive.jpg");
        int end = file.length - 2, scan = new String(file, StandardCharsets.ISO_8859_1).lastIndexOf("\u00ff\u00da");
        var bytes = new ByteArrayOutputStream();
        bytes.write(file, 0, end);
        for (int i = 0; i < 600; i++) bytes.write(file, scan, end - scan);
        assertThatThrownBy(() -> Images.read(bytes.toByteArray())).hasMessageContaining("it has more than 500 scans");
    }

    @Test void other_formats_are_called_by_their_names() {
        assertThatThrownBy(() -> Images.read("\0\0\0\30ftypheic\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1)))
                .hasMessageEndingWith(", but a HEIC image or a film");
        assertThatThrownBy(() -> Images.read("version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.ISO_8859_1)))
                .hasMessageContaining("a pointer of Git LFS");
    }

    private static byte[] chunk(String kind, byte[] body) {
        var crc = new CRC32();
        byte[] name = kind.getBytes(StandardCharsets.US_ASCII);
        crc.update(name);
        crc.update(body);
        return ByteBuffer.allocate(12 + body.length).putInt(body.length).put(name).put(body).putInt((int) crc.getValue()).array();
    }

    /** Returns a black PNG of 8 bits and three colours. */
    private static byte[] png(int width, int height) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var deflater = new DeflaterOutputStream(packed)) {
            for (int y = 0; y < height; y++) deflater.write(new byte[1 + 3 * width]);
        }
        var png = new ByteArrayOutputStream();
        png.write(resource("rgb.png"), 0, 8);
        png.write(chunk("IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8).put((byte) 2).array()));
        png.write(chunk("IDAT", packed.toByteArray()));
        png.write(chunk("IEND", new byte[0]));
        return png.toByteArray();
    }

    @Test void a_large_photograph_is_read() throws IOException {
        byte[] png = png(4000, 3000);
        try (var scope = Scope.open()) {
            assertThat(Images.read(png).shape()).containsExactly(3, 3000, 4000);
            assertThat(Images.read(png, Framing.center(224, 256)).shape()).containsExactly(3, 224, 224);
        }
    }
}
