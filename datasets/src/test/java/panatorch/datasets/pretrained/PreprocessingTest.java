package panatorch.datasets.pretrained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.datasets.Images;
import panatorch.datasets.ResamplingFilter;
import panatorch.junit.NoTensorLeaks;

/**
 * What the pipelines of timm, transformers and torchvision make of images that Pillow has opened, as
 * {@code src/test/python/preprocessing.py} wrote it down. Pixels are the same; numbers differ by the last bit at most.
 */
@NoTensorLeaks
class PreprocessingTest {
    private static final double LAST_BIT = 3e-7;
    /** A line of {@code cases.json}. */
    private static final Pattern LINE =
            Pattern.compile("\\{\"name\": \"(.*?)\", \"config\": (\\{.*}), \"shape\": \\[3, (\\d+), (\\d+)], \"offset\": (\\d+)}");

    record Case(String name, String config, int height, int width, int offset) {
        @Override public String toString() { return name; }
    }

    static List<Case> cases() {
        var cases = new ArrayList<Case>();
        Matcher m = LINE.matcher(new String(resource("cases.json"), StandardCharsets.UTF_8));
        while (m.find())
            cases.add(new Case(m.group(1), m.group(2), Integer.parseInt(m.group(3)), Integer.parseInt(m.group(4)),
                    Integer.parseInt(m.group(5))));
        return cases;
    }

    private static byte[] resource(String name) {
        try (var in = Objects.requireNonNull(PreprocessingTest.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Preprocessing parse(String json) { return Preprocessing.parse(json.getBytes(StandardCharsets.UTF_8)); }

    private static Tensor expected(Case c, int image) {
        var floats = new float[3 * c.height * c.width];
        ByteBuffer.wrap(resource("tensors.bin")).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(c.offset + image * floats.length,
                floats);
        return Torch.tensor(floats, 1, 3, c.height, c.width);
    }

    @Test void no_case_is_overlooked() { assertThat(cases()).hasSize(19); }

    @ParameterizedTest
    @MethodSource("cases") void images_become_what_they_become_in_python(Case c) throws IOException {
        Preprocessing p = parse(c.config);
        for (int i = 0; i < 3; i++) {
            try (var scope = Scope.open()) {
                Tensor read = p.read(resource("image" + i + ".png")), python = expected(c, i);
                assertThat(read.shape()).isEqualTo(python.shape());
                assertThat(read.sub(python).abs().max().itemDouble()).as("image %d", i).isCloseTo(0, within(LAST_BIT));
                Tensor whole = Images.read(resource("image" + i + ".png")).unsqueeze(0);
                assertThat(p.apply(Aten.cat(List.of(whole, whole))).select(0, 1).torchEquals(read.select(0, 0))).isTrue();
            }
        }
    }

    @Test void grey_images_of_a_batch_become_coloured_ones() {
        try (var scope = Scope.open()) {
            Tensor grey = Torch.full(new long[] {2, 1, 30, 40}, 51, DType.UINT8);
            Tensor x = parse("{\"input_size\": [3, 8, 10], \"mean\": [0, 0, 0.1], \"std\": [1, 1, 0.5]}").apply(grey);
            assertThat(x.shape()).containsExactly(2, 3, 8, 10);
            assertThat(x.select(1, 0).max().itemDouble()).isCloseTo(0.2, within(1e-6));
            assertThat(x.select(1, 2).min().itemDouble()).isCloseTo(0.2, within(1e-6));
        }
    }

    @Test void fields_that_a_file_leaves_out_have_the_defaults_of_its_library() {
        Preprocessing p = parse("{\"input_size\": [3, 224, 224]}");
        assertThat(p.resizing()).isEqualTo(new Resizing.ShorterSide(256));
        assertThat(p.filter()).isEqualTo(ResamplingFilter.BICUBIC);
        assertThat(p.mean()).containsExactly(0.485, 0.456, 0.406);
    }

    @Test void what_is_not_supported_is_named() {
        refused("{}", "neither timm's input_size");
        refused("[1]", "the document is a list of 1; an object was expected");
        refused("{\"input_size\": [1, 28, 28]}", "input_size[0] is 1; 3, for red, green and blue was expected");
        refused("{\"input_size\": [3, 28, 28], \"crop_mode\": \"border\"}", "crop_mode is \"border\"; center or squash was expected");
        refused("{\"input_size\": [3, 28, 28], \"interpolation\": \"cubic\"}", "interpolation is \"cubic\"; one of nearest");
        refused("{\"input_size\": [3, 28, 28], \"mean\": [0.5, 0.5]}", "there are means of 2 channels");
        refused("{\"input_size\": [3, 28, 28], \"std\": [0, 1, 1]}", "standard deviations must be above 0");
        refused("{\"input_size\": [3, 0, 28]}", "0 × 28 pixels");
        refused("{\"image_processor_type\": \"DonutImageProcessor\"}", "image_processor_type is \"DonutImageProcessor\"");
        refused("{\"image_processor_type\": \"CLIPImageProcessor\", \"size\": {\"shortest_edge\": 20}, \"image_mean\": 0, \"image_std\": 1,"
                + " \"crop_size\": 24, \"do_center_crop\": true}", "a border is not supported");
        refused("{\"image_processor_type\": \"ViTImageProcessor\", \"do_resize\": false}", "do_resize is false; true");
        refused("{\"image_processor_type\": \"BitImageProcessor\", \"size\": {\"shortest_edge\": 20}}",
                "size is an object; height and width");
    }

    private static void refused(String json, String what) {
        assertThatThrownBy(() -> parse(json)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the preprocessing cannot be used: ").hasMessageContaining(what);
    }

    @Test void a_file_that_is_no_image_is_named() {
        assertThatThrownBy(() -> parse("{\"input_size\": [3, 8, 8]}").read(Path.of("nowhere.png"))).isInstanceOf(IOException.class)
                .hasMessageContaining("nowhere.png");
    }
}
