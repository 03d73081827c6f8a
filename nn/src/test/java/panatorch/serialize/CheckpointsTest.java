package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class CheckpointsTest {
    @TempDir
    Path folder;

    private Path written() throws IOException {
        Path file = folder.resolve("run.pt");
        try (var scope = Scope.open()) {
            var sections = new LinkedHashMap<String, Object>();
            sections.put("model", Map.of("weight", Torch.ones(2, 3), "tied", Torch.zeros(4)));
            sections.put("optimizer", Map.of("state", Map.of(0L, Map.of("momentum_buffer", Torch.ones(2, 3))), "groups",
                    List.of(Map.of("lr", 0.1, "nesterov", true))));
            sections.put("rng", Generator.global().state());
            sections.put("sampler", Map.of("epoch", 3L, "position", 128L));
            Checkpoints.write(file, sections);
        }
        return file;
    }

    @Test void sections_come_back_in_their_order_and_a_run_draws_the_same_numbers_again() throws IOException {
        try (var scope = Scope.open()) {
            Path file = written();
            double expected = Torch.rand(1).itemDouble();
            var sections = Checkpoints.read(file);
            assertThat(sections.keySet()).containsExactly("model", "optimizer", "rng", "sampler");
            assertThat(sections.get("sampler")).isEqualTo(Map.of("epoch", 3L, "position", 128L));
            try (var global = Generator.global()) {
                global.setState((Tensor) sections.get("rng"));
            }
            assertThat(Torch.rand(1).itemDouble()).isEqualTo(expected);
        }
    }

    @Test void no_changed_bit_and_no_shorter_file_is_taken() throws IOException {
        byte[] good = Files.readAllBytes(written());
        Path bad = folder.resolve("bad.pt");
        for (int at = 0; at < good.length; at += 97) {
            byte[] flipped = good.clone();
            flipped[at] ^= 1;
            assertThatThrownBy(() -> Checkpoints.read(Files.write(bad, flipped))).isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("bad.pt");
        }
        for (int length = 0; length < good.length; length += 211) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> Checkpoints.read(Files.write(bad, cut))).isInstanceOf(MalformedFileException.class);
        }
    }

    @Test void a_mapped_checkpoint_is_verified_too() throws IOException {
        byte[] good = Files.readAllBytes(written());
        for (int at = 0; at < good.length; at += 97) {
            Path bad = folder.resolve("bad" + at + ".pt"); // one that is mapped is not overwritten
            byte[] flipped = good.clone();
            flipped[at] ^= 1;
            Files.write(bad, flipped);
            assertThatThrownBy(() -> Checkpoints.read(bad, Reading.MAPPED)).isInstanceOf(MalformedFileException.class);
        }
        try (var scope = Scope.open()) {
            var model = (Map<?, ?>) Checkpoints.read(Files.write(folder.resolve("good.pt"), good), Reading.MAPPED).get("model");
            assertThat(((Tensor) model.get("weight")).sum().itemDouble()).isEqualTo(6);
        }
    }

    @Test void the_checksum_is_the_crc_of_all_bytes_before_it_which_any_zip_program_may_check() throws IOException {
        byte[] file = Files.readAllBytes(written());
        var crc = new CRC32();
        crc.update(file, 0, file.length - 14);
        assertThat(new String(file, file.length - 14, 14, StandardCharsets.US_ASCII)).isEqualTo("crc32:%08x".formatted(crc.getValue()));
        try (var zip = new ZipFile(folder.resolve("run.pt").toFile())) {
            for (var entry : (Iterable<ZipEntry>) zip.stream().map(e -> (ZipEntry) e)::iterator) {
                var ofEntry = new CRC32();
                ofEntry.update(zip.getInputStream(entry).readAllBytes());
                assertThat(ofEntry.getValue()).as(entry.getName()).isEqualTo(entry.getCrc());
            }
        }
    }

    /** Writes a file as versions before 2 were: their comment is the SHA-256 of all bytes before it. */
    private Path old() throws IOException, NoSuchAlgorithmException {
        Path file = folder.resolve("old.pt");
        try (var scope = Scope.open()) {
            var written = Checkpoints.pickled(Map.of("model", Map.of("weight", Torch.ones(2, 3))), 1);
            AtomicFile.write(file, channel -> TorchFile.write(channel, written.pickle(), written.storages()).finish(7 + 64));
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        return Files.writeString(file, "sha256:" + HexFormat.of().formatHex(digest), StandardOpenOption.APPEND);
    }

    @Test void checkpoints_of_the_first_version_are_read_and_verified() throws IOException, NoSuchAlgorithmException {
        try (var scope = Scope.open()) {
            for (Reading reading : Reading.values()) {
                var model = (Map<?, ?>) Checkpoints.read(old(), reading).get("model");
                assertThat(((Tensor) model.get("weight")).sum().itemDouble()).isEqualTo(6);
            }
        }
        byte[] good = Files.readAllBytes(old());
        Path bad = folder.resolve("bad.pt");
        for (int at = 0; at < good.length; at += 97) {
            byte[] flipped = good.clone();
            flipped[at] ^= 1;
            assertThatThrownBy(() -> Checkpoints.read(Files.write(bad, flipped))).isInstanceOf(MalformedFileException.class);
        }
    }

    @Test void checksums_of_parts_make_that_of_the_whole() {
        var random = new SplittableRandom(1);
        for (int length : new int[] {0, 1, 2, 3, 64, 1000, 65_537}) {
            byte[] all = new byte[777 + length];
            random.nextBytes(all);
            MemorySegment whole = MemorySegment.ofArray(all), first = whole.asSlice(0, 777), second = whole.asSlice(777);
            assertThat(Crc.combine(Crc.of(first), Crc.of(second), length)).isEqualTo(Crc.of(whole)).isEqualTo(Crc.of(first, second));
        }
    }

    @Test void other_files_and_newer_versions_are_refused_with_a_sentence() throws IOException {
        Path file = folder.resolve("other.pt");
        TorchFile.save(file, Map.of("a", 1));
        assertThatThrownBy(() -> Checkpoints.read(file)).hasMessageContaining("it is not a PanaTorch checkpoint");
        var newer = Checkpoints.pickled(Map.of("a", 1), 3);
        Checkpoints.write(file, newer.pickle(), newer.storages(), Writing.BUFFERED);
        assertThatThrownBy(() -> Checkpoints.read(file)).hasMessageContaining("it is a checkpoint of version 3, but this PanaTorch "
                + "reads versions up to 2");
    }

    @Test void only_tensors_and_plain_values_are_written_and_nothing_is_left_when_they_are_not() {
        assertThatThrownBy(() -> Checkpoints.write(folder.resolve("a.pt"), Map.of("x", Map.of("thread", Thread.currentThread()))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a value is a java.lang.Thread");
        assertThat(folder).isEmptyDirectory();
    }
}
