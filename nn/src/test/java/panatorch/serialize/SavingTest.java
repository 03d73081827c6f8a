package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Checkpoints that are written in the background. */
@NoTensorLeaks
class SavingTest {
    private static final long FLOATS = 16L << 20; // 64 MiB, which take longer to write than to change

    @TempDir
    Path folder;

    /** Ends what a test has begun, so that a failure is not reported to the next one. */
    @AfterEach void finish() throws IOException {
        try (var scope = Scope.open(); var saving = Checkpoints.saveAsync(folder.resolve("last.ckpt"), Map.of())) {
            assertThat(saving.isDone()).isIn(true, false);
        }
    }

    private static Tensor model(Path file) throws IOException {
        return (Tensor) Objects.requireNonNull(((Map<?, ?>) Checkpoints.read(file).get("model")).get("weight"));
    }

    @Test void the_file_has_the_values_of_the_call_though_the_weights_change_right_after_it() throws IOException {
        Path file = folder.resolve("run.ckpt");
        try (var scope = Scope.open()) {
            Tensor weight = Torch.full(new long[] {FLOATS}, 1);
            var row = weight.narrow(0, FLOATS - 10, 10);
            Saving saving = Checkpoints.saveAsync(file, Map.of("model", Map.of("weight", weight, "row", row)));
            weight.fill_(2);
            saving.join();
            assertThat(saving.isDone()).isTrue();
            Tensor saved = model(file);
            assertThat(saved.min().itemDouble()).isEqualTo(1);
            assertThat(saved.max().itemDouble()).isEqualTo(1);
        }
    }

    @Test void the_file_is_the_one_that_a_save_in_the_foreground_writes() throws IOException {
        Path background = folder.resolve("a.ckpt"), foreground = folder.resolve("b.ckpt");
        try (var scope = Scope.open()) {
            Tensor matrix = Torch.randn(7, 5), empty = Torch.zeros(0, 3);
            Map<String, Object> sections = Map.of("model", List.of(matrix, matrix.t(), matrix.select(0, 2), empty, 0.5, "text"));
            Checkpoints.saveAsync(background, sections).close();
            Checkpoints.write(foreground, sections);
            assertThat(background).hasSameBinaryContentAs(foreground);
        }
    }

    @Test void weights_may_be_freed_right_after_the_call() throws IOException {
        Path file = folder.resolve("run.ckpt");
        Saving saving;
        try (var scope = Scope.open()) {
            saving = Checkpoints.saveAsync(file, Map.of("model", Map.of("weight", Torch.full(new long[] {FLOATS}, 3))));
        }
        try (var scope = Scope.open()) {
            Tensor other = Torch.full(new long[] {FLOATS}, 4); // likely in the memory that was freed
            saving.join();
            assertThat(model(file).sum().itemDouble()).isEqualTo(3.0 * FLOATS);
            assertThat(other.select(0, 0).itemDouble()).isEqualTo(4);
        }
    }

    @Test void saves_that_follow_one_another_wait_for_each_other_and_the_last_one_stays() throws IOException {
        Path file = folder.resolve("run.ckpt");
        try (var scope = Scope.open()) {
            Tensor weight = Torch.zeros(FLOATS / 8);
            var all = new ArrayList<Saving>();
            for (int i = 1; i <= 8; i++) {
                weight.fill_(i);
                all.add(Checkpoints.saveAsync(file, Map.of("model", Map.of("weight", weight))));
                assertThat(all.subList(0, i - 1)).allMatch(Saving::isDone);
            }
            all.getLast().join();
            assertThat(model(file).mean().itemDouble()).isEqualTo(8);
            assertThat(folder).isDirectoryNotContaining(f -> f.toString().endsWith(".unfinished"));
        }
    }

    @Test void a_failure_is_told_by_join_or_by_the_next_call_and_only_once() throws IOException {
        Path missing = folder.resolve("missing/run.ckpt"), file = folder.resolve("run.ckpt");
        Saving joined = Checkpoints.saveAsync(missing, Map.of());
        assertThatThrownBy(joined::join).isInstanceOf(IOException.class).hasMessageContaining("the checkpoint " + missing
                + " could not be written");
        joined.join();
        Checkpoints.saveAsync(missing, Map.of());
        assertThatThrownBy(() -> Checkpoints.saveAsync(file, Map.of())).hasMessageContaining(missing.toString());
        assertThat(file).doesNotExist();
        Checkpoints.saveAsync(file, Map.of()).close();
        assertThat(file).exists();
    }

    @Test void a_failed_save_leaves_the_file_that_was_there() throws IOException {
        Path file = folder.resolve("run.ckpt");
        Files.createDirectories(file.resolve("a folder in the way")); // to which no file can be renamed
        assertThatThrownBy(() -> Checkpoints.saveAsync(file, Map.of("model", 1)).join()).isInstanceOf(IOException.class);
        assertThat(folder).isDirectoryNotContaining(f -> f.toString().endsWith(".unfinished"));
        assertThat(file.resolve("a folder in the way")).exists();
    }

    @Test void values_that_cannot_be_saved_are_refused_by_the_call_itself() {
        assertThatThrownBy(() -> Checkpoints.saveAsync(folder.resolve("a.ckpt"), Map.of("x", Thread.currentThread())))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a value is a java.lang.Thread");
    }

    @Test void a_thread_that_is_interrupted_stops_waiting_and_the_file_is_still_written() throws IOException {
        Path file = folder.resolve("run.ckpt");
        try (var scope = Scope.open()) {
            Saving saving = Checkpoints.saveAsync(file, Map.of("model", Map.of("weight", Torch.ones(FLOATS))));
            Thread.currentThread().interrupt();
            assertThatThrownBy(saving::join).isInstanceOf(InterruptedIOException.class);
            assertThat(Thread.interrupted()).isTrue();
            saving.join();
            assertThat(model(file).sum().itemDouble()).isEqualTo(FLOATS);
        }
    }
}
