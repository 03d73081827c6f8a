package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.vision.io.ImageIo;
import panatorch.vision.utils.Drawing;
import panatorch.vision.utils.ImageGrid;
import panatorch.vision.utils.Rgb;

/** Grids, drawings and files of images; {@code src/test/python/vision_images.py} made and explains the numbers. */
@NoTensorLeaks
class VisionImagesTest {
    private static final JsonNode PYTHON = Golden.read("vision_images.json");
    @TempDir
    Path folder;

    private static final Map<String, Function<JsonNode, Tensor>> FUNCTIONS = Map.of(
            "make_grid", c -> ImageGrid.makeGrid(input(c, "images"), grid(c.get("options"))),
            "draw_bounding_boxes", c -> {
                JsonNode o = c.get("options");
                return Drawing.drawBoundingBoxes(input(c, "image"), input(c, "boxes"), Drawing.boxOptions().width(o.get("width").asInt())
                        .fill(o.path("fill").asBoolean()).colors(colors(o)));
            },
            "draw_segmentation_masks", c -> Drawing.drawSegmentationMasks(input(c, "image"), input(c, "masks"),
                    c.get("options").get("alpha").asDouble(), colors(c.get("options"))),
            "draw_keypoints", c -> {
                JsonNode o = c.get("options");
                var pairs = new ArrayList<int[]>();
                o.path("pairs").forEach(p -> pairs.add(new int[] {p.get(0).asInt(), p.get(1).asInt()}));
                return Drawing.drawKeypoints(input(c, "image"), input(c, "keypoints"),
                        Drawing.keypointOptions(Rgb.of(o.get("color").asText())).radius(o.get("radius").asInt())
                                .width(o.get("width").asInt())
                                .connectivity(pairs),
                        c.get("inputs").has("visible") ? input(c, "visible") : null);
            });

    private static ImageGrid.Options grid(JsonNode o) {
        var options = ImageGrid.options();
        if (o.has("nrow")) options = options.nrow(o.get("nrow").asInt());
        if (o.has("padding")) options = options.padding(o.get("padding").asInt());
        if (o.has("pad_value")) options = options.padValue(o.get("pad_value").asDouble());
        if (o.has("value_range"))
            options = options.valueRange(o.get("value_range").get(0).asDouble(), o.get("value_range").get(1).asDouble());
        return options.normalize(o.path("normalize").asBoolean()).scaleEach(o.path("scale_each").asBoolean());
    }

    private static @Nullable List<Rgb> colors(JsonNode o) {
        return o.has("colors") ? StreamSupport.stream(o.get("colors").spliterator(), false).map(c -> Rgb.of(c.asText())).toList() : null;
    }

    private static Tensor input(JsonNode c, String name) { return tensor(c.get("inputs").get(name)); }

    private static Tensor tensor(JsonNode node) {
        JsonNode values = node.get("values");
        return Torch.tensor(values.isTextual() ? HexFormat.of().parseHex(values.asText()) : Golden.numbers(values))
                .to(DType.valueOf(node.get("dtype").asText().toUpperCase(Locale.ROOT)))
                .reshape(Golden.longs(node.get("shape")));
    }

    private static Stream<JsonNode> cases(boolean files) {
        return StreamSupport.stream(PYTHON.spliterator(), false).filter(c -> c.get("name").asText().equals("jpeg") == files);
    }

    @TestFactory Stream<DynamicTest> a_picture_has_torchvisions_pixels() {
        assertThat(cases(false).map(c -> c.get("name").asText()).distinct()).containsExactlyInAnyOrderElementsOf(FUNCTIONS.keySet());
        return cases(false).map(c -> dynamicTest(c.get("name").asText() + c.get("options"), () -> {
            try (var scope = Scope.open()) {
                Tensor own = FUNCTIONS.get(c.get("name").asText()).apply(c), python = tensor(c.get("output"));
                assertThat(own.dtype()).isEqualTo(python.dtype());
                assertThat(own.shape()).isEqualTo(python.shape());
                assertThat(own.toDoubleArray()).containsExactly(python.toDoubleArray(), within(own.dtype() == DType.UINT8 ? 0 : 1e-6));
            }
        }));
    }

    @TestFactory Stream<DynamicTest> a_jpeg_file_is_byte_for_byte_that_of_libjpeg() {
        return cases(true).map(c -> dynamicTest(c.get("inputs").get("image").get("shape") + " " + c.get("options"), () -> {
            try (var scope = Scope.open()) {
                byte[] own = ImageIo.encodeJpeg(input(c, "image"), c.get("options").get("quality").asInt());
                assertThat(HexFormat.of().formatHex(own)).isEqualTo(c.get("bytes").asText());
            }
        }));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 6, 9}) void a_png_file_gives_the_image_back(int level) throws IOException {
        try (var scope = Scope.open()) {
            Tensor image =
                    cases(true).filter(c -> c.get("inputs").get("image").get("shape").get(0).asInt() == 3).map(c -> input(c, "image"))
                            .reduce((a, b) -> a.numel() > b.numel() ? a : b).orElseThrow();
            ImageIo.writePng(image, folder.resolve("image.png"), level);
            assertThat(ImageIo.readImage(folder.resolve("image.png")).torchEquals(image)).isTrue();
            var others = ImageIO.read(folder.resolve("image.png").toFile());
            long[] pixels = image.to(DType.INT64).permute(1, 2, 0).reshape(-1).toLongArray();
            for (int i = 0; i < pixels.length / 3; i++)
                assertThat(others.getRGB(i % others.getWidth(), i / others.getWidth()) & 0xFFFFFF)
                        .isEqualTo((int) (pixels[3 * i] << 16 | pixels[3 * i + 1] << 8 | pixels[3 * i + 2]));
            Tensor grey = image.narrow(0, 0, 1);
            assertThat(ImageIo.decodeImage(ImageIo.encodePng(grey, level)).torchEquals(grey.expand(3, -1, -1))).isTrue();
            assertThat(ImageIO.read(new ByteArrayInputStream(ImageIo.encodePng(grey, level))).getRaster().getNumBands()).isEqualTo(1);
        }
    }

    @Test void a_saved_grid_is_read_again() throws IOException {
        try (var scope = Scope.open()) {
            Tensor images = Torch.arange(4 * 3 * 5 * 6, DType.FLOAT32).div(359).reshape(4, 3, 5, 6), bytes = ImageGrid.makeGrid(images)
                    .mul(255).round().to(DType.UINT8);
            ImageGrid.saveImage(images, folder.resolve("grid.png"));
            assertThat(ImageIo.readImage(folder.resolve("grid.png")).torchEquals(bytes)).isTrue();
            ImageGrid.saveImage(images, folder.resolve("grid.jpg"));
            assertThat(ImageIo.decodeImage(ImageIo.encodeJpeg(bytes, 75)).torchEquals(ImageIo.readImage(folder.resolve("grid.jpg"))))
                    .isTrue();
            assertThat(Files.list(folder).map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("grid.png", "grid.jpg");
        }
    }

    @Test void what_cannot_be_drawn_or_written_is_refused_in_a_sentence() {
        try (var scope = Scope.open()) {
            Tensor image = Torch.zeros(DType.UINT8, 3, 4, 5);
            assertThatThrownBy(() -> Drawing.drawBoundingBoxes(image, Torch.tensor(new float[][] {{3, 0, 1, 2}}), Drawing.boxOptions()))
                    .hasMessageContaining("boxes are x1, y1, x2, y2");
            assertThatThrownBy(() -> Drawing.drawSegmentationMasks(image, Torch.zeros(4, 5)))
                    .hasMessageContaining("masks are bool [N, 4, 5]");
            assertThatThrownBy(() -> Drawing.drawKeypoints(image, Torch.zeros(1, 2, 2),
                    Drawing.keypointOptions(Rgb.of("red")).connectivity(List.of(new int[] {0, 2})), null)).hasMessageContaining("[0, 2]");
            assertThatThrownBy(() -> ImageIo.encodePng(Torch.zeros(3, 4, 5), 6)).hasMessageContaining("uint8 [3, H, W]");
            assertThatThrownBy(() -> ImageIo.encodeJpeg(image, 0)).hasMessage("the quality is from 1 to 100, not 0");
            assertThatThrownBy(() -> ImageGrid.saveImage(Torch.zeros(3, 4, 5), folder.resolve("image.gif"))).hasMessageContaining(".png");
            assertThatThrownBy(() -> ImageGrid.saveImage(image, folder.resolve("image.png"))).hasMessageContaining("floating-point");
            assertThatThrownBy(() -> Rgb.of("reddish")).hasMessageStartingWith("'reddish' is not a colour; write #rrggbb");
        }
    }
}
