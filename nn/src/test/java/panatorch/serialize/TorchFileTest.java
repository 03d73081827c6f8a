package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** What files of torch.save may not ask for; pickles are written here as Python's {@code pickletools} would take them apart. */
@NoTensorLeaks
class TorchFileTest {
    @TempDir
    Path folder;

    private Path file(byte[] pickle) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle);
        }
        return Files.write(folder.resolve("weights.pt"), bytes.toByteArray());
    }

    private Path file(String pickle) throws IOException { return file(("\u0080\u0002" + pickle).getBytes(StandardCharsets.ISO_8859_1)); }

    private void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> TorchFile.load(file)).isInstanceOf(MalformedFileException.class).hasMessageContaining("weights.pt: ")
                .hasMessageContaining(why);
    }

    @Test void a_file_that_would_run_a_program_is_refused_by_the_name_of_what_it_asks_for() throws IOException {
        assertRefused(file("cos\nsystem\nX\u0004\0\0\0true\u0085R."),
                "it asks for os.system, which does not belong in a file of weights; nothing was run");
        assertRefused(file("c__builtin__\neval\nX\u0001\0\0\0001\u0085R."), "it asks for builtins.eval");
        assertRefused(file("\u008c\u0005posix\u008c\u0006system\u0093."), "it asks for posix.system");
        assertRefused(file("ctorchvision.models.resnet\nResNet\n)\u0081."), "If a whole model was saved, save model.state_dict() in "
                + "Python instead");
        assertRefused(file("cnumpy.core.multiarray\n_reconstruct\n)R."), "a NumPy array from arguments that do not fit");
        assertRefused(file("cnumpy.core.multiarray\n_reconstruct\n(cos\nsystem\n)K\0tR."), "it asks for os.system");
        assertRefused(file("cnumpy\nndarray\n)R."), "a call of a value that is not a function");
        assertRefused(file("cnumpy.random\ndefault_rng\n)R."), "in Python, save plain numbers, as in float(x)");
        assertRefused(file("cnumpy.core.multiarray\nscalar\n)R."), "a NumPy number from arguments that do not fit");
        assertRefused(file("ccollections\nOrderedDict\n."), "it holds something that is neither a tensor nor plain data");
    }

    @Test void values_that_a_few_bytes_blow_up_are_refused() throws IOException {
        assertRefused(file("]q\0h\0a."), "nested more than 200 levels deep, or contain themselves");
        assertRefused(file("]".repeat(5000) + "a".repeat(4999) + "."), "nested more than 200 levels deep");
        assertRefused(file("]q\0" + "]q\1(h\0h\0eq\0".repeat(100) + "."), "because it repeats the same ones");
    }

    @Test void plain_values_come_as_javas_own() throws IOException {
        assertThat(TorchFile.load(file("(K\u0005NX\u0001\0\0\0a\u0088\u008a\u0001\u00fft.")))
                .isEqualTo(java.util.Arrays.asList(5L, null, "a", true, -1L));
        assertThat(TorchFile.load(file("ccollections\nOrderedDict\n)R(K\u0001G\u0040\u0009\0\0\0\0\0\0u}X\u0009\0\0\0_metadataNsb.")))
                .isEqualTo(java.util.Map.of(1L, 3.125));
    }

    @Test void other_kinds_of_files_are_called_by_their_names() throws IOException {
        assertRefused(Files.write(folder.resolve("weights.pt"), new byte[0]), "it is empty");
        var tar = new byte[512];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        assertRefused(Files.write(folder.resolve("weights.pt"), tar),
                "it is a tar archive; unpack it, or if PyTorch before 0.1.10 wrote it");
        Path big = file("N.");
        Files.write(big, java.util.Arrays.copyOf(Files.readAllBytes(big), (int) Files.size(big) - 1));
        assertRefused(big, "the archive's directory is missing: the file was truncated");
    }
}
