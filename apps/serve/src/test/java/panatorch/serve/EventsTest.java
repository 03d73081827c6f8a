package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(60)
class EventsTest {
    @TempDir
    Path folder;

    private static TestModel model() {
        return new TestModel(x -> {
            if (x.max().item().floatValue() > 100) throw new ArithmeticException("more than 100");
            return x;
        });
    }

    private static void askAll(Served served, TestModel model) throws Exception {
        try (var scope = Scope.open()) {
            model.hold();
            var running = served.submit(Torch.ones(2, 1));
            model.awaitRun();
            CompletableFuture<Answer> failing;
            try {
                failing = served.submit(Torch.full(new long[] {1, 1}, 101f));
                assertThatThrownBy(() -> served.submit(Torch.ones(1, 1))).isInstanceOf(QueueFullException.class);
            } finally {
                model.release(); // or closing would wait for ever
            }
            running.join().adopt(scope);
            assertThatThrownBy(failing::join).hasCauseInstanceOf(ArithmeticException.class);
        }
    }

    @Test void a_listener_hears_of_every_request() throws Exception {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        var listener = new ServeListener() {
            @Override public void queued(String model, int waiting) { heard.add(model + " queued " + waiting); }

            @Override public void batched(String model, int requests, long rows, Duration waited) {
                assertThat(waited).isPositive();
                heard.add("batched " + requests + " of " + rows);
            }

            @Override public void ran(String model, int requests, long rows, Duration took) {
                assertThat(took).isPositive();
                heard.add("ran " + requests + " of " + rows);
            }

            @Override public void failed(String model, Throwable error) { heard.add("failed " + error.getMessage()); }

            @Override public void rejected(String model, Rejection reason) { heard.add("rejected " + reason); }
        };
        TestModel model = model();
        try (var served = Served.of(model, ServeOptions.standard().name("m").workers(1).queue(1).listener(listener))) {
            askAll(served, model);
            assertThat(heard).containsExactlyInAnyOrder("m queued 1", "batched 1 of 2", "m queued 1", "rejected QUEUE_FULL", "ran 1 of 2",
                    "batched 1 of 1", "failed more than 100");
        }
    }

    @Test void a_listener_that_throws_harms_no_request() {
        var listener = new ServeListener() {
            @Override public void ran(String model, int requests, long rows, Duration took) { throw new IllegalStateException("mine"); }
        };
        var thrown = new ArrayList<Throwable>();
        var before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, e) -> thrown.add(e));
        try (var served = Served.of(model(), ServeOptions.standard().workers(1).listener(listener)); var scope = Scope.open()) {
            assertThat(served.call(Torch.ones(1, 1)).tensor().item().intValue()).isEqualTo(1);
            assertThat(thrown).hasSize(1);
            assertThat(thrown.getFirst()).hasMessage("mine");
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test void the_flight_recorder_hears_too() throws Exception {
        TestModel model = model();
        try (var recording = new Recording()) {
            recording.start();
            try (var served = Served.of(model, ServeOptions.standard().name("m").workers(1).queue(1))) {
                askAll(served, model);
            }
            recording.stop();
            Path file = folder.resolve("run.jfr");
            recording.dump(file);
            List<RecordedEvent> events = RecordingFile.readAllEvents(file);
            assertThat(events.stream().filter(e -> e.getEventType().getName().equals("panatorch.ServedBatch") && e.getInt("requests") == 1
                    && e.getString("model").equals("m"))).extracting(e -> e.getLong("rows")).containsExactlyInAnyOrder(2L, 1L);
            assertThat(events.stream().filter(e -> e.getEventType().getName().equals("panatorch.ServedFailure")))
                    .extracting(e -> e.getString("error")).containsExactly("java.lang.ArithmeticException: more than 100");
            assertThat(events.stream().filter(e -> e.getEventType().getName().equals("panatorch.RejectedRequest")))
                    .extracting(e -> e.getString("reason")).containsExactly("QUEUE_FULL");
        }
    }
}
