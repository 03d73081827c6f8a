package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatlabType;

/** {@code svhn.mat} was written by SciPy; see {@code make_svhn.py}. */
class SvhnTest {
    @TempDir
    Path folder;
    private Path file;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = SvhnTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    @BeforeEach void a_file_of_five_images() throws IOException {
        file = folder.resolve("train_32x32.mat");
        Files.write(file, resource("svhn.mat"));
    }

    @Test void images_and_digits_are_those_that_scipy_wrote() throws Exception {
        String[] lines = new String(resource("svhn.txt"), StandardCharsets.UTF_8).split("\n");
        Svhn set = Svhn.train(folder);
        assertThat(set.size()).isEqualTo(lines.length);
        for (int i = 0; i < lines.length; i++) {
            Item item = Item.alone(set.schema(), 0);
            set.read(i, item);
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(item.field(0).toArray(ValueLayout.JAVA_BYTE));
            assertThat(item.get(1) + " " + HexFormat.of().formatHex(hash)).isEqualTo(lines[i]);
        }
    }

    @Test void a_missing_file_is_named() {
        assertThatThrownBy(() -> Svhn.test(folder)).isInstanceOf(DatasetException.class)
                .hasMessage("the file " + folder.resolve("test_32x32.mat") + " is missing");
        assertThatThrownBy(() -> Svhn.test(folder.resolve("x"))).hasMessage("the folder " + folder.resolve("x") + " does not exist");
    }

    @Test void a_file_cut_anywhere_or_of_something_else_is_refused() throws IOException {
        byte[] whole = resource("svhn.mat");
        for (int n : new int[] {0, 1, 100, 127, 128, 140, 400, whole.length - 1}) {
            Files.write(file, java.util.Arrays.copyOf(whole, n));
            assertThatThrownBy(() -> Svhn.train(folder)).as("%d bytes", n).isInstanceOf(DatasetException.class)
                    .hasMessageContaining(file.toString());
        }
        Files.writeString(file, "<html>".repeat(100));
        assertThatThrownBy(() -> Svhn.train(folder)).isInstanceOf(DatasetException.class);
    }

    @Test void no_damaged_byte_does_worse_than_an_exception_or_other_pixels() throws IOException {
        byte[] whole = resource("svhn.mat");
        var random = new Random(1);
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(whole.length)] ^= (byte) (1 + random.nextInt(255));
            Files.write(file, damaged);
            try {
                assertThat(Svhn.train(folder).size()).isEqualTo(5);
            } catch (DatasetException e) {
                assertThat(e).hasMessageContaining(file.toString());
            }
        }
    }

    @Test void digits_and_shapes_that_cannot_be_are_named() throws IOException {
        try (var mat = Mat5.newMatFile()) {
            var y = Mat5.newMatrix(1, 2);
            y.setDouble(0, 3);
            y.setDouble(1, 11);
            mat.addArray("X", Mat5.newMatrix(new int[] {32, 32, 3, 3}, MatlabType.UInt8)).addArray("y", y);
            Mat5.writeToFile(mat, file.toFile());
            assertThatThrownBy(() -> Svhn.train(folder))
                    .hasMessage("label 1 of the file " + file + " is 11.0; labels from 1 to 10 were expected");
            y.setDouble(1, 10);
            Mat5.writeToFile(mat, file.toFile());
            assertThatThrownBy(() -> Svhn.train(folder)).hasMessageContaining("X of uint8 [32, 32, 3, 3] for 2 labels");
        }
    }
}
