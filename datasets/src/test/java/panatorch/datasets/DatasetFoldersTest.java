package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.text.internal.Field;

/** Readers against torchvision's: {@code dataset_folders.py} in {@code native-tests} made the folders, and what is expected of them. */
@NoTensorLeaks
class DatasetFoldersTest {
    private static final Path FOLDERS;
    private static final Field EXPECTED;

    static {
        try {
            FOLDERS = Path.of(DatasetFoldersTest.class.getResource("/folders").toURI());
            EXPECTED = Field.parse(Files.readAllBytes(FOLDERS.resolve("expected.json")));
        } catch (IOException | URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @TempDir
    Path temporary;

    private static long crc(byte[] pixels) {
        var crc = new CRC32();
        crc.update(pixels);
        return crc.getValue();
    }

    private static Item item(Dataset set, int index) {
        Item item = Item.alone(set.schema(), 0);
        set.read(index, item);
        return item;
    }

    private static long pixels(Item item) { return crc(item.field(0).toArray(ValueLayout.JAVA_BYTE)); }

    private static List<Object> items(Dataset set) {
        var items = new ArrayList<Object>();
        for (int i = 0; i < set.size(); i++) {
            Item item = item(set, i);
            assertThat(set.label(i)).isEqualTo((int) item.get(1));
            items.add(List.of(pixels(item), set.label(i)));
        }
        return items;
    }

    private static void assertSame(String name, Dataset set) {
        assertThat(items(set)).as(name).hasToString(EXPECTED.get(name).get("items").values().toString());
        assertThat(set.classNames()).as(name).isEqualTo(EXPECTED.get(name).get("classes").values());
    }

    @Test void kuzushiji_mnist_is_that_of_torchvision() {
        try (var train = Kmnist.train(FOLDERS); var test = Kmnist.test(FOLDERS)) {
            assertSame("kmnist-train", train);
            assertSame("kmnist-test", test);
        }
    }

    @Test void each_split_of_emnist_is_that_of_torchvision() {
        for (Emnist split : Emnist.values()) {
            try (var set = split.test(FOLDERS)) {
                assertSame("emnist-" + split.name().toLowerCase(Locale.ROOT), set);
            }
        }
    }

    @Test void qmnist_is_that_of_torchvision() {
        try (var train = Qmnist.TRAIN.open(FOLDERS)) {
            assertThat(items(train)).hasToString(EXPECTED.get("qmnist-train").get("items").values().toString());
        }
        assertThatThrownBy(() -> Qmnist.TEST10K.open(FOLDERS)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + FOLDERS.resolve("QMNIST/raw/qmnist-test-labels-idx2-int.gz") + " is missing");
    }

    @Test void a_file_of_bytes_in_place_of_extended_labels_is_named() throws IOException {
        Path labels = temporary.resolve("qmnist-train-labels-idx2-int.gz");
        Files.copy(FOLDERS.resolve("KMNIST/raw/t10k-labels-idx1-ubyte.gz"), labels);
        assertThatThrownBy(() -> Qmnist.TRAIN.open(temporary)).hasMessageContaining("is truncated");
        Files.copy(FOLDERS.resolve("KMNIST/raw/t10k-images-idx3-ubyte.gz"), labels, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Qmnist.TRAIN.open(temporary)).hasMessage(
                "the file " + labels + " is not an IDX file of int32 in 2 dimensions: it begins with 00000803 instead of 00000c02");
    }

    @Test void omniglot_has_the_characters_of_torchvision_in_the_order_of_their_names() {
        try (var set = Omniglot.background(FOLDERS, Framing.stretch(15, 15))) {
            assertThat(set.classNames()).isEqualTo(EXPECTED.get("omniglot").get("classes").values());
            var found = new ArrayList<Object>();
            for (int i = 0; i < set.size(); i++) found.add(List.of(pixels(item(set, i)), set.classNames().get(set.label(i))));
            assertThat(found.stream().map(Object::toString)).containsExactlyInAnyOrderElementsOf(
                    EXPECTED.get("omniglot").get("items").values().stream().map(Object::toString).toList());
        }
        assertThatThrownBy(() -> Omniglot.evaluation(FOLDERS, Framing.stretch(15, 15))).isInstanceOf(DatasetException.class)
                .hasMessageContaining("images_evaluation does not exist; unpack images_evaluation.zip there");
    }

    @Test void food_101_is_that_of_torchvision() throws IOException {
        try (var train = Food101.train(FOLDERS, Framing.stretch(12, 9)); var test = Food101.test(FOLDERS, Framing.stretch(12, 9))) {
            assertSame("food-101", train);
            assertThat(items(test)).hasSize(1);
        }
        Files.createDirectories(temporary.resolve("meta"));
        Files.writeString(temporary.resolve("meta/train.json"), "{\"apple_pie\": [3]}");
        assertThatThrownBy(() -> Food101.train(temporary, Framing.stretch(12, 9)))
                .hasMessage("the list " + temporary.resolve("meta/train.json") + " is damaged: apple_pie[0] is 3; a string was expected");
    }

    @Test void celeba_is_that_of_torchvision() {
        for (CelebA.Part part : new CelebA.Part[] {CelebA.Part.TRAIN, CelebA.Part.VALID, CelebA.Part.ALL}) {
            String name = "celeba-" + part.name().toLowerCase(Locale.ROOT);
            try (var set = CelebA.of(FOLDERS, part, Framing.stretch(8, 10), CelebA.Target.values())) {
                var found = new ArrayList<Object>();
                for (int i = 0; i < set.size(); i++) {
                    Item item = item(set, i);
                    var targets = new ArrayList<Object>();
                    for (int f = 1; f < 5; f++) {
                        var values = new ArrayList<Long>();
                        for (long v : item.field(f).toArray(ValueLayout.JAVA_LONG)) values.add(v);
                        targets.add(values);
                    }
                    found.add(List.of(pixels(item), targets));
                }
                assertThat(found).as(name).hasToString(EXPECTED.get(name).get("items").values().toString());
                assertThat(set.attributeNames()).isEqualTo(EXPECTED.get(name).get("classes").values());
            }
        }
    }

    @Test void lists_of_celeba_that_do_not_belong_together_are_named() throws IOException {
        Path folder = FOLDERS.resolve("celeba");
        for (String list : List.of("list_eval_partition.txt", "list_attr_celeba.txt"))
            Files.copy(folder.resolve(list), temporary.resolve(list));
        Path parts = temporary.resolve("list_eval_partition.txt"), attributes = temporary.resolve("list_attr_celeba.txt");
        Files.writeString(parts, "000001.jpg 0\n");
        assertThatThrownBy(() -> CelebA.of(temporary, CelebA.Part.ALL, Framing.center(8)))
                .hasMessage("the files " + attributes + " and " + parts + " do not list the same images");
        Files.writeString(parts, "000001.jpg 0\n000002.jpg\n");
        assertThatThrownBy(() -> CelebA.of(temporary, CelebA.Part.ALL, Framing.center(8)))
                .hasMessage("line 2 of the list " + parts + " has 1 columns; 2 were expected");
        Files.writeString(parts, "000001.jpg one\n");
        assertThatThrownBy(() -> CelebA.of(temporary, CelebA.Part.ALL, Framing.center(8)))
                .hasMessage("line 1 of the list " + parts + " holds \"one\"; a whole number was expected");
    }

    @Test void voc_is_that_of_torchvision() {
        VocDetection set = VocDetection.of(FOLDERS.resolve("VOCdevkit/VOC2012"), "train");
        var found = new ArrayList<Object>();
        for (int i = 0; i < set.size(); i++) {
            try (var scope = Scope.open()) {
                Detection d = set.get(i);
                var boxes = new ArrayList<Object>();
                for (float[] box : (float[][]) d.boxes().toArray())
                    boxes.add(List.of((int) box[0], (int) box[1], (int) box[2], (int) box[3]));
                var difficult = (Tensor) d.details().get("difficult");
                found.add(List.of(crc(d.image().toByteArray()),
                        List.of(boxes, longs(d.labels().toLongArray()), longs(difficult.toLongArray()))));
            }
        }
        assertThat(found).hasToString(EXPECTED.get("voc").get("items").values().toString());
    }

    private static List<Long> longs(long[] values) { return Arrays.stream(values).boxed().toList(); }

    @Test void voc_annotations_that_are_damaged_are_named() throws IOException {
        Files.createDirectories(temporary.resolve("ImageSets/Main"));
        Files.createDirectories(temporary.resolve("Annotations"));
        Files.writeString(temporary.resolve("ImageSets/Main/val.txt"), "a\n");
        Path file = temporary.resolve("Annotations/a.xml");
        VocDetection set = VocDetection.of(temporary, "val");
        Files.writeString(file, "<annotation><object><name>cat</name></object></annotation>");
        assertThatThrownBy(() -> set.get(0)).hasMessage("the annotations " + file + " are damaged: object 0 has no complete bndbox");
        Files.writeString(file, "<annotation><object>");
        assertThatThrownBy(() -> set.get(0)).isInstanceOf(DatasetException.class)
                .hasMessageStartingWith("the annotations " + file + " are damaged: ");
        Files.writeString(file, "<annotation><object><name>dragon</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"
                + "</bndbox></object></annotation>");
        assertThatThrownBy(() -> set.get(0)).hasMessageStartingWith("object 0 of the annotations " + file + " is a \"dragon\"");
        assertThatThrownBy(() -> VocDetection.of(temporary, "train")).isInstanceOf(DatasetException.class)
                .hasMessageContaining("train.txt cannot be read");
    }

    @Test void annotations_of_voc_cannot_make_the_program_read_other_files() throws IOException {
        Files.createDirectories(temporary.resolve("ImageSets/Main"));
        Files.createDirectories(temporary.resolve("Annotations"));
        Files.writeString(temporary.resolve("ImageSets/Main/val.txt"), "a\n");
        Path secret = Files.writeString(temporary.resolve("secret"), "cat");
        Files.writeString(temporary.resolve("Annotations/a.xml"), "<!DOCTYPE a [<!ENTITY s SYSTEM \"" + secret.toUri() + "\">]>"
                + "<annotation><object><name>&s;</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object>"
                + "</annotation>");
        assertThatThrownBy(() -> VocDetection.of(temporary, "val").get(0)).isInstanceOf(DatasetException.class)
                .hasMessageNotContaining("\"cat\"");
    }

    @Test void measured_statistics_are_those_of_the_pixels() {
        // torch: x = torch.tensor([0., 128., 255.]).div(255) ; x.mean(), x.std(correction=0)
        var set = new Numbered(3).map(new Numbered(1).schema(), (from, to) -> {
            to.field(0).fill((byte) new int[] {0, 128, 255}[(int) from.get(1)]);
            to.set(1, 0);
        });
        ChannelStats stats = ChannelStats.of(set);
        double m = (0 + 128 + 255) / 3.0 / 255, s = Math.sqrt((m * m + Math.pow(128 / 255.0 - m, 2) + Math.pow(1 - m, 2)) / 3);
        assertThat(stats.mean().getFirst()).isCloseTo(m, within(1e-12));
        assertThat(stats.std().getFirst()).isCloseTo(s, within(1e-12));
    }
}
