package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    @Test void other_files_and_newer_versions_are_refused_with_a_sentence() throws IOException {
        Path file = folder.resolve("other.pt");
        TorchFile.save(file, Map.of("a", 1));
        assertThatThrownBy(() -> Checkpoints.read(file)).hasMessageContaining("it is not a PanaTorch checkpoint");
        Checkpoints.write(file, Map.of("a", 1), 2);
        assertThatThrownBy(() -> Checkpoints.read(file)).hasMessageContaining("it is a checkpoint of version 2, but this PanaTorch "
                + "reads versions up to 1");
    }

    @Test void only_tensors_and_plain_values_are_written_and_nothing_is_left_when_they_are_not() {
        assertThatThrownBy(() -> Checkpoints.write(folder.resolve("a.pt"), Map.of("x", Map.of("thread", Thread.currentThread()))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a value is a java.lang.Thread");
        assertThat(folder).isEmptyDirectory();
    }
}
