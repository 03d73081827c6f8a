package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CIFAR's Python version. The pickles and the same images in the binary version are those of {@code cifar/make_pickles.py}. */
class CifarPickleTest {
    @TempDir
    Path root;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = CifarPickleTest.class.getResourceAsStream("cifar/" + name)) {
            return in.readAllBytes();
        }
    }

    private Path file(String name) throws IOException { return Files.write(root.resolve("train"), resource(name)); }

    private static byte[] pixels(Dataset set, int index) {
        Item item = Item.alone(set.schema(), 0);
        set.read(index, item);
        assertThat(item.get(1)).isEqualTo(set.label(index));
        return item.field(0).toArray(ValueLayout.JAVA_BYTE);
    }

    private static void assertSameItems(Dataset actual, Dataset expected) {
        assertThat(actual.size()).isEqualTo(expected.size());
        for (int i = 0; i < actual.size(); i++) {
            assertThat(actual.label(i)).isEqualTo(expected.label(i));
            assertThat(pixels(actual, i)).isEqualTo(pixels(expected, i));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2py2", "2", "2-bytes", "3", "3-bytes", "4", "4-bytes", "5", "5-bytes",
        "fortran"}) void a_pickle_holds_the_images_and_labels_of_the_binary_version(String name) throws IOException {
        Path binary = Files.write(root.resolve("train.bin"), resource("images.bin")), pickle = file(name + ".pickle");
        for (var labels : Cifar100.Labels.values()) {
            try (var actual = Cifar100.of(pickle, labels); var expected = Cifar100.of(binary, labels)) {
                assertSameItems(actual, expected);
            }
        }
    }

    // ---- whole sets

    /** A batch of CIFAR-10 as Python 2 wrote it: black images but for one pixel of each, and their labels. */
    private static byte[] batch(int images, int label) {
        var out = new ByteArrayOutputStream();
        out.writeBytes("\u0080\u0002}(U\u0004datacnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\1btR(K\1("
                .getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(little('J', images));
        out.writeBytes(little('J', 3072));
        out.writeBytes("tcnumpy\ndtype\n(U\u0002u1K\0K\1tR(K\u0003U\1|NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb\u0089"
                .getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(little('T', images * 3072));
        var pixels = new byte[images * 3072];
        for (int i = 0; i < images; i++) pixels[i * 3072 + label] = (byte) i;
        out.writeBytes(pixels);
        out.writeBytes("tbU\u0006labels](".getBytes(StandardCharsets.ISO_8859_1));
        for (int i = 0; i < images; i++) out.writeBytes(new byte[] {'K', (byte) label});
        out.writeBytes("eu.".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static byte[] little(char operation, int number) {
        return ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN).put((byte) operation).putInt(number).array();
    }

    @Test void cifar_10_is_found_in_the_folder_of_pythons_version_and_the_binary_one_comes_first() throws IOException {
        Path folder = Files.createDirectory(root.resolve("cifar-10-batches-py"));
        for (int i = 1; i <= 5; i++) Files.write(folder.resolve("data_batch_" + i), batch(10_000, i));
        Files.write(folder.resolve("test_batch"), batch(10_000, 0));
        Files.write(folder.resolve("batches.meta"), resource("meta.pickle"));
        for (Path data : new Path[] {root, folder}) {
            try (var train = Cifar10.train(data); var test = Cifar10.test(data)) {
                assertThat(train.size()).isEqualTo(50_000);
                for (int i = 1; i <= 5; i++) assertThat(train.label(10_000 * i - 1)).isEqualTo(i);
                assertThat(pixels(train, 10_007)[2]).isEqualTo((byte) 7);
                assertThat(train.name(10_007)).isEqualTo("record 7 of " + folder.resolve("data_batch_2"));
                assertThat(test.size()).isEqualTo(10_000);
            }
        }
        Path binary = Files.createDirectory(root.resolve("cifar-10-batches-bin"));
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + binary.resolve("test_batch.bin") + " is missing");
    }

    @Test void classes_of_another_set_are_refused() throws IOException {
        Path folder = Files.createDirectory(root.resolve("cifar-10-batches-py")), meta = folder.resolve("batches.meta");
        Files.write(meta, new String(resource("meta.pickle"), StandardCharsets.ISO_8859_1).replace("frog", "toad")
                .getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + meta
                        + " cannot be read as CIFAR's Python version: its label_names are not airplane, automobile and so on");
    }

    @Test void a_file_with_too_few_images_is_named() throws IOException {
        Path file = Files.write(Files.createDirectory(root.resolve("cifar-10-batches-py")).resolve("test_batch"), batch(9, 0));
        assertThatThrownBy(() -> Cifar10.test(root)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + file + " has 9 records; 10,000 records of 3,073 bytes were expected");
    }

    @Test void cifar_100_is_found_likewise_unless_train_is_a_folder() throws IOException {
        Path folder = Files.createDirectory(root.resolve("cifar-100-python"));
        assertThatThrownBy(() -> Cifar100.train(root)).hasMessage("the file " + folder.resolve("train") + " is missing");
        Files.write(folder.resolve("train"), resource("2py2.pickle"));
        assertThatThrownBy(() -> Cifar100.train(folder))
                .hasMessage("the file " + folder.resolve("train") + " has 2 records; 50,000 records of 3,074 bytes were expected");
        Path images = Files.createDirectories(root.resolve("images/train")).getParent();
        assertThatThrownBy(() -> Cifar100.train(images)).hasMessage(
                "the folder " + images
                        + " holds no folder cifar-100-binary or cifar-100-python; unpack cifar-100-binary.tar.gz or "
                        + "cifar-100-python.tar.gz there");
    }

    // ---- what is refused

    private void assertRefused(String name, String why) throws IOException {
        Path file = file(name);
        assertThatThrownBy(() -> Cifar100.of(file, Cifar100.Labels.FINE)).isInstanceOf(DatasetException.class)
                .hasMessageStartingWith("the file " + file + " cannot be read as CIFAR's Python version: " + why);
    }

    @Test void a_pickle_that_would_run_a_program_or_holds_something_else_is_refused() throws IOException {
        assertRefused("hostile.pickle", "it refers to builtins.eval, which a file of images does not need; nothing was run");
        assertRefused("objects.pickle", "its array is of NumPy's type 'O8', not of bytes ('u1')");
        assertRefused("floats.pickle", "its array is of NumPy's type 'f4', not of bytes ('u1')");
        assertRefused("rows.pickle", "it has no list 'coarse_labels' of 1 labels");
        assertRefused("few-labels.pickle", "it has no list 'fine_labels' of 2 labels");
        assertRefused("no-labels.pickle", "it has no list 'coarse_labels' of 2 labels");
        assertRefused("meta.pickle", "it has no array 'data' of 3072 bytes an image");
    }

    @Test void a_label_beyond_the_last_class_is_named_with_its_record() throws IOException {
        Path file = file("labels.pickle");
        assertThatThrownBy(() -> Cifar100.of(file, Cifar100.Labels.FINE))
                .hasMessage("record 1 of the file " + file + " has the label 100; labels from 0 to 99 were expected");
    }

    @Test void a_file_that_was_cut_off_anywhere_is_refused_in_one_sentence() throws IOException {
        byte[] whole = resource("2py2.pickle");
        for (int n : new int[] {2, 3, 20, 100, 200, 5000, whole.length - 100, whole.length - 1}) {
            Path file = Files.write(root.resolve("train"), Arrays.copyOf(whole, n));
            assertThatThrownBy(() -> Cifar100.of(file, Cifar100.Labels.FINE)).as("%d bytes", n).isInstanceOf(DatasetException.class)
                    .hasMessageContaining("a value that continues beyond the end of the data, as in a truncated file");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2py2", "2", "5-bytes"}) void no_damaged_byte_does_worse_than_an_exception_or_other_images(String name)
            throws IOException {
        byte[] whole = resource(name + ".pickle");
        var random = new Random(1);
        for (int i = 0; i < 500; i++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt(whole.length), pixels = 2 * 3072;
            // Most bytes are pixels, of which any is as good as another.
            if (at > 300 && at < 300 + pixels) at = random.nextBoolean() ? at % 300 : whole.length - 1 - at % 200;
            damaged[at] ^= (byte) (1 + random.nextInt(255));
            Path file = Files.write(root.resolve("train"), damaged);
            try (var set = Cifar100.of(file, Cifar100.Labels.FINE)) {
                assertThat(set.size()).isEqualTo(2);
            } catch (DatasetException e) {
                assertThat(e).hasMessageContaining(file.toString());
            }
        }
    }

    @Test void the_real_images_are_the_same_in_both_versions() {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder that holds cifar-10-batches-bin and cifar-10-batches-py");
        Path binary = Path.of(data, "cifar-10-batches-bin"), python = Path.of(data, "cifar-10-batches-py");
        assumeTrue(Files.isDirectory(binary) && Files.isDirectory(python),
                "skipped: PANATORCH_DATA does not hold both cifar-10-batches-bin and cifar-10-batches-py");
        try (var actual = Cifar10.test(python); var expected = Cifar10.test(binary)) {
            assertSameItems(actual, expected);
        }
    }
}
