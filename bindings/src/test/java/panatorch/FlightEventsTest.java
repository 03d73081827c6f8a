package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** What a recording of Java's flight recorder shows. */
@NoTensorLeaks
class FlightEventsTest {
    @TempDir
    Path folder;

    private interface Work { void run() throws InterruptedException; }

    private List<RecordedEvent> events(String name, Work work, String... enabled) throws Exception {
        Path file = folder.resolve("test.jfr");
        try (var recording = new Recording()) {
            for (String e : enabled) recording.enable(e).with("period", "everyChunk"); // or a periodic event would have to be waited for
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
        }
        var events = RecordingFile.readAllEvents(file).stream().filter(e -> e.getEventType().getName().equals(name)).toList();
        Files.delete(file);
        return events;
    }

    private static void work() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(2, 3);
            x.max(1);
            x.add_(1);
            assertThatThrownBy(() -> x.mm(x)).isInstanceOf(TorchException.class);
        }
    }

    @Test void operators_are_recorded_with_their_names_durations_and_results() throws Exception {
        var events = events("panatorch.Operator", FlightEventsTest::work, "panatorch.Operator");
        assertThat(events).extracting(e -> e.getString("operator")).containsExactly("aten::ones", "aten::max.dim", "aten::add_.Scalar",
                "aten::mm");
        assertThat(events).extracting(e -> e.getString("result")).containsExactly("float32 [2, 3]", "float32 [2]", "float32 [2, 3]", null);
        assertThat(events).allSatisfy(e -> assertThat(e.getDuration()).isPositive());
    }

    @Test void operators_are_not_recorded_unless_they_are_asked_for() throws Exception {
        assertThat(events("panatorch.Operator", FlightEventsTest::work)).isEmpty();
    }

    @Test void a_tensor_that_was_garbage_before_it_was_closed_is_recorded() throws Exception {
        var events = events("panatorch.TensorLeak", () -> {
            long before = Torch.memoryStats().collectedTensors();
            for (int i = 0; i < 3; i++) Torch.ones(1);
            for (int i = 0; i < 1000 && Torch.memoryStats().collectedTensors() < before + 3; i++) {
                System.gc();
                Thread.sleep(10);
            }
        });
        assertThat(events).hasSizeGreaterThanOrEqualTo(3).allSatisfy(e -> assertThat(e.getString("site")).isNull());
    }

    @Test void memory_is_recorded_as_memory_stats_tell_it() throws Exception {
        try (var scope = Scope.open()) {
            Torch.ones(1 << 20);
            var event = events("panatorch.NativeMemory", () -> {}, "panatorch.NativeMemory").getLast();
            MemoryStats stats = Torch.memoryStats();
            assertThat(event.getLong("liveTensors")).isEqualTo(stats.liveTensors());
            assertThat(event.getLong("nativeHeap")).isBetween(stats.nativeHeapBytes() < 0 ? -1L : 4L << 20,
                    Math.max(-1, 2 * stats.nativeHeapBytes()));
            assertThat(event.getLong("peakResident")).isGreaterThanOrEqualTo(event.getLong("resident"));
        }
    }

    @Test void memory_that_is_not_there_is_recorded_with_the_operator_that_wanted_it() throws Exception {
        var events = events("panatorch.OutOfMemory",
                () -> assertThatThrownBy(() -> Torch.ones(1L << 50)).isInstanceOf(OutOfMemoryException.class));
        assertThat(events).singleElement().satisfies(e -> {
            assertThat(e.getString("operator")).isEqualTo("aten::ones");
            assertThat(e.getBoolean("recovered")).isFalse();
        });
    }
}
