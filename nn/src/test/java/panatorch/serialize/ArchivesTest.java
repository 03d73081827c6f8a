package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Zip archives that mean ill, or met with an accident. */
@NoTensorLeaks
class ArchivesTest {
    @TempDir
    Path folder;

    private byte[] archive(String... names) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(new byte[16]);
            }
        }
        return bytes.toByteArray();
    }

    private void assertRefused(byte[] archive, String why) throws IOException {
        Path file = Files.write(folder.resolve("bad.npz"), archive);
        assertThatThrownBy(() -> Npy.loadAll(file)).isInstanceOf(MalformedFileException.class).hasMessageContaining("bad.npz: ")
                .hasMessageContaining(why);
    }

    private static byte[] replaced(byte[] bytes, String from, String to) {
        return new String(bytes, StandardCharsets.ISO_8859_1).replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test void names_that_lead_out_of_the_archive_are_refused() throws IOException {
        assertRefused(archive("../a.npy"), "an entry named '../a.npy', which would lie outside of it");
        assertRefused(archive("/etc/a.npy"), "an entry named '/etc/a.npy', which would lie outside of it");
        assertRefused(archive("x/../../a.npy"), "which would lie outside of it");
    }

    @Test void two_entries_of_one_name_are_refused() throws IOException {
        assertRefused(replaced(archive("a.npy", "b.npy"), "b.npy", "a.npy"), "two entries named a.npy");
    }

    @Test void entries_that_share_their_bytes_are_refused() throws IOException {
        byte[] archive = archive("a.npy", "b.npy");
        int second = new String(archive, StandardCharsets.ISO_8859_1).lastIndexOf("PK\1\2");
        for (int i = 0; i < 4; i++) archive[second + 42 + i] = 0; // where the second begins
        assertRefused(archive, "overlaps the entry after it");
    }

    @Test void an_archive_that_would_fill_the_memory_is_refused_before_it_does() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("a.npy"));
            for (int i = 0; i < 80; i++) zip.write(new byte[1 << 20]);
        }
        assertRefused(bytes.toByteArray(), "a.npy is not a NumPy array");
        var torch = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(torch)) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            for (int i = 0; i < 80; i++) zip.write(new byte[1 << 20]);
        }
        Path file = Files.write(folder.resolve("bad.pt"), torch.toByteArray());
        assertThatThrownBy(() -> TorchFile.load(file)).isInstanceOf(MalformedFileException.class).hasMessageContaining(
                "data.pkl would inflate to 83886080 bytes, more than is allowed for a file of " + torch.size() + " bytes; if you trust");
    }

    @Test void a_changed_byte_of_a_pickle_is_seen_by_its_checksum() throws IOException {
        Path file = folder.resolve("a.pt");
        try (var scope = Scope.open()) {
            TorchFile.save(file, Map.of("weight", Torch.ones(2)));
        }
        Files.write(file, replaced(Files.readAllBytes(file), "weight", "height"));
        assertThatThrownBy(() -> TorchFile.load(file)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("the bytes of archive/data.pkl have changed");
    }

    @Test void an_unknown_byte_order_is_refused() throws IOException {
        Path file = folder.resolve("a.pt");
        TorchFile.save(file, Map.of("a", 1));
        Files.write(file, replaced(replaced(Files.readAllBytes(file), "little", "bigend"), crcOf("little"), crcOf("bigend")));
        assertThatThrownBy(() -> TorchFile.load(file)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("its numbers have the unknown byte order 'bigend'");
    }

    private static String crcOf(String s) {
        var crc = new java.util.zip.CRC32();
        crc.update(s.getBytes(StandardCharsets.US_ASCII));
        long c = crc.getValue();
        return new String(new byte[] {(byte) c, (byte) (c >> 8), (byte) (c >> 16), (byte) (c >> 24)}, StandardCharsets.ISO_8859_1);
    }
}
