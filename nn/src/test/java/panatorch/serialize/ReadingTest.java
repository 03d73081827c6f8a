package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** How files are read: copied or mapped, whatever becomes of the file, and while others write to it. */
@NoTensorLeaks
class ReadingTest {
    @TempDir
    Path folder;

    // ---- copied

    private static void save(Path file, Map<String, Tensor> tensors) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".pt")) TorchFile.save(file, tensors);
        else if (name.endsWith(".npz")) Npy.saveAll(file, tensors);
        else if (name.endsWith(".npy")) Npy.save(file, tensors.get("weight"));
        else if (name.endsWith(".ckpt")) Checkpoints.write(file, tensors);
        else if (name.endsWith(".json")) Safetensors.saveSharded(file.getParent(), tensors, Map.of(), 20_000);
        else Safetensors.save(file, tensors, Map.of());
    }

    private static Map<?, ?> load(Path file) throws IOException {
        String name = file.getFileName().toString();
        return name.endsWith(".npy") ? Map.of("weight", Npy.load(file))
                : name.endsWith(".ckpt") ? Checkpoints.read(file) : StateDicts.load(file);
    }

    private static final List<String> KINDS = List.of("a.safetensors", "a.pt", "a.npz", "a.npy", "a.ckpt", "model.safetensors.index.json");

    @Test void what_was_loaded_stays_as_it_was_whatever_becomes_of_the_file() throws IOException {
        try (var scope = Scope.open()) {
            for (String name : KINDS) {
                Path file = folder.resolve(name);
                save(file, Map.of("weight", Torch.ones(64, 64), "other", Torch.zeros(64, 64)));
                Tensor t = (Tensor) load(file).get("weight");
                try (var files = Files.list(folder)) {
                    for (Path f : files.toList()) {
                        try (var overwritten = new RandomAccessFile(f.toFile(), "rw")) {
                            overwritten.write(new byte[(int) overwritten.length()]);
                            overwritten.setLength(1);
                        }
                    }
                }
                assertThat(t.sum().itemDouble()).as(name).isEqualTo(4096);
                if (Files.exists(Path.of("/proc/self/maps"))) assertThat(mappedFile(t)).as(name).doesNotStartWith("/");
            }
        }
    }

    @Test void a_tensor_that_is_kept_alone_keeps_no_memory_of_the_others() throws IOException {
        for (String name : List.of("a.safetensors", "a.pt", "a.npz")) {
            Path file = folder.resolve(name);
            try (var scope = Scope.open()) {
                var tensors = new LinkedHashMap<String, Tensor>();
                for (int i = 0; i < 64; i++) tensors.put("w" + i, Torch.ones(1 << 19));
                save(file, tensors);
            }
            long before = Torch.memoryStats().residentBytes();
            for (int i = 0; i < 8; i++) StateDicts.load(file).values().forEach(Tensor::close);
            try (var scope = Scope.open()) {
                var kept = Scope.open();
                Tensor one = kept.move(StateDicts.load(file).get("w7"));
                kept.close();
                assertThat(one.sum().itemDouble()).isEqualTo(1 << 19);
                assertThat(Torch.memoryStats().residentBytes() - before).as(name + " of 134 MB, read nine times").isLessThan(64 << 20);
            }
        }
    }

    @FunctionalInterface
    private interface Change {
        void of(RandomAccessFile file) throws IOException;
    }

    /** Reads a file but for its second half, changes it, and reads the rest. */
    private void assertChangeIsSeen(Change change, boolean backdated, String how) throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (var scope = Scope.open()) {
            Safetensors.save(path, Map.of("weight", Torch.ones(1 << 20)), Map.of());
            FileTime time = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
            Files.setLastModifiedTime(path, time);
            try (var file = FileBytes.open(path, Reading.COPIED)) {
                file.load(file.bytes().asSlice(0, file.size() / 2));
                file.requireUnchanged(0, 100);
                try (var other = new RandomAccessFile(path.toFile(), "rw")) {
                    change.of(other);
                }
                if (backdated) Files.setLastModifiedTime(path, time);
                assertThatThrownBy(() -> {
                    file.copyOf(file.bytes().asSlice(file.size() / 2), null);
                    file.requireUnchanged(0, 100);
                }).isInstanceOf(MalformedFileException.class)
                        .hasMessage(path + ": it was " + how + " while it was read; read it again once nobody writes to it");
            }
        }
    }

    @Test void a_file_that_changes_while_it_is_read_is_refused() throws IOException {
        assertChangeIsSeen(file -> {
            file.seek(1 << 20);
            file.write(1);
        }, false, "written to");
        assertChangeIsSeen(file -> {
            file.seek(20);
            file.write(' ');
        }, true, "written to");
        assertChangeIsSeen(file -> file.setLength(file.length() + 1), true, "written to");
        assertChangeIsSeen(file -> file.setLength(file.length() - 1), true, "cut short");
    }

    @Test void a_file_may_be_replaced_while_it_is_loaded() throws Exception {
        Path file = folder.resolve("a.safetensors");
        try (var scope = Scope.open()) {
            Safetensors.save(file, Map.of("weight", Torch.ones(1 << 20)), Map.of());
            var stop = new AtomicBoolean();
            var writer = Thread.ofPlatform().start(() -> {
                try (var other = Scope.open()) {
                    for (int round = 2; !stop.get(); round++)
                        Safetensors.save(file, Map.of("weight", Torch.full(new long[] {1 << 20}, round)), Map.of());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            try {
                for (int i = 0; i < 20; i++) {
                    Tensor t = Safetensors.load(file).get("weight");
                    assertThat(t.min().itemDouble()).isEqualTo(t.max().itemDouble());
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
    }

    @Test void a_file_is_saved_onto_itself_while_its_tensors_are_mapped() throws IOException {
        try (var scope = Scope.open()) {
            for (String name : List.of("a.safetensors", "a.pt", "a.npz")) {
                Path file = folder.resolve(name);
                save(file, Map.of("weight", Torch.ones(64, 64)));
                var mapped = StateDicts.load(file, Reading.MAPPED);
                save(file, Map.of("weight", mapped.get("weight").mul(3)));
                assertThat(mapped.get("weight").sum().itemDouble()).as(name).isEqualTo(4096);
                save(file, mapped);
                assertThat(StateDicts.load(file).get("weight").sum().itemDouble()).as(name).isEqualTo(4096);
            }
        }
    }

    // ---- mapped, not read

    @Test void tensors_of_a_mapped_file_are_the_mapping_and_what_is_written_to_them_does_not_reach_the_file() throws IOException {
        try (var scope = Scope.open()) {
            var tensors = Map.of("weight", Torch.ones(64, 64));
            for (String name : List.of("a.safetensors", "a.pt", "a.npz")) {
                Path file = folder.resolve(name);
                if (name.equals("a.pt")) TorchFile.save(file, tensors);
                else if (name.equals("a.npz")) Npy.saveAll(file, tensors);
                else Safetensors.save(file, tensors, Map.of());
                byte[] before = Files.readAllBytes(file);
                Tensor t = StateDicts.load(file, Reading.MAPPED).get("weight");
                if (Files.exists(Path.of("/proc/self/maps"))) assertThat(mappedFile(t)).as(name).isEqualTo(file.toRealPath().toString());
                System.gc(); // the mapping is kept by the tensor alone
                t.fill_(2);
                assertThat(Files.readAllBytes(file)).as(name).isEqualTo(before);
                assertThat(StateDicts.load(file).get("weight").sum().itemDouble()).isEqualTo(4096);
            }
        }
    }

    private static String mappedFile(Tensor t) throws IOException {
        try (var arena = Arena.ofConfined()) {
            long address = t.data(arena).address();
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                String[] range = line.split("[- ]", 3);
                if (Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), address) <= 0
                        && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0)
                    return line.substring(Math.max(0, line.indexOf('/')));
            }
            return "nowhere";
        }
    }

    @Test void four_gigabytes_that_are_mapped_are_there_at_once_and_take_no_memory() throws IOException {
        byte[] header =
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1073741824],\"data_offsets\":[0,4294967296]}}".getBytes(StandardCharsets.US_ASCII);
        Path file = folder.resolve("large.safetensors");
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
            sparse.write(header);
            sparse.setLength(8 + header.length + (1L << 32));
        }
        try (var scope = Scope.open()) {
            long before = Torch.memoryStats().residentBytes();
            Tensor w = StateDicts.load(file, Reading.MAPPED).get("w");
            assertThat(w.select(0, 1_000_000_000).itemDouble()).isZero();
            assertThat(Torch.memoryStats().residentBytes() - before).isLessThan(200 << 20);
        }
    }
}
