package panatorch.profiler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Nn;
import panatorch.RecordFunction;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Counts are those that {@code profiler.py} in {@code native-tests} prints with PyTorch 2.13. */
@NoTensorLeaks
class ProfilerTest {
    private static final String PYTHON = """
        AddmmBackward0 1
        MmBackward0 1
        MseLossBackward0 1
        ReluBackward0 1
        TBackward0 2
        aten::addmm 1
        aten::clamp_min 1
        aten::linear 2
        aten::matmul 1
        aten::mm 4
        aten::mse_loss 1
        aten::mse_loss_backward 2
        aten::relu 1
        aten::sum 2
        aten::t 9
        aten::threshold_backward 1
        aten::transpose 9
        aten::as_strided 11
        autograd::engine::evaluate_function: AddmmBackward0 1
        autograd::engine::evaluate_function: MmBackward0 1
        autograd::engine::evaluate_function: MseLossBackward0 1
        autograd::engine::evaluate_function: ReluBackward0 1
        autograd::engine::evaluate_function: TBackward0 2
        autograd::engine::evaluate_function: torch::autograd::AccumulateGrad 3
        torch::autograd::AccumulateGrad 3
        """;

    private static Runnable step() {
        Tensor x = Torch.ones(8, 16), w = Torch.ones(32, 16).requiresGrad_(true), b = Torch.zeros(32).requiresGrad_(true),
                v = Torch.ones(4, 32).requiresGrad_(true);
        return () -> Aten.mseLoss(Nn.linear(Aten.relu(Nn.linear(x, w, b)), v), Torch.zeros(8, 4)).backward();
    }

    @Test void the_same_program_calls_the_same_operators_as_in_python() {
        try (var scope = Scope.open(); var profiler = Profiler.builder().recordShapes().start()) {
            step().run();
            profiler.close();
            var expected = new HashMap<String, Long>();
            PYTHON.lines().forEach(line -> expected.put(line.substring(0, line.lastIndexOf(' ')),
                    Long.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
            var found = new HashMap<>(profiler.keyAverages().counts());
            found.keySet().retainAll(expected.keySet());
            assertThat(found).isEqualTo(expected);
            assertThat(
                    profiler.keyAveragesByShape().rows().stream().filter(r -> r.name().equals("aten::addmm") || r.name().equals("aten::mm"))
                            .map(r -> r.name() + " " + r.inputShapes() + " " + r.count()))
                    .containsExactlyInAnyOrder(
                            "aten::addmm [[32], [8, 16], [16, 32], [], []] 1", "aten::mm [[8, 32], [32, 4]] 1",
                            "aten::mm [[4, 8], [8, 32]] 1", "aten::mm [[8, 4], [4, 32]] 1", "aten::mm [[32, 8], [8, 16]] 1");
        }
    }

    @Test void times_of_inner_events_are_part_of_the_outer_ones() {
        try (var scope = Scope.open(); var profiler = Profiler.start()) {
            try (var range = RecordFunction.enter("two products")) {
                Torch.ones(64, 64).matmul(Torch.ones(64, 64)).matmul(Torch.ones(64, 64));
            }
            profiler.close();
            ProfiledEvent outer = profiler.events().getFirst();
            assertThat(outer.name()).isEqualTo("two products");
            assertThat(outer.range()).isTrue();
            List<ProfiledEvent> inner = profiler.events().stream().skip(1).toList();
            assertThat(inner).allMatch(e -> e.startNanos() >= outer.startNanos()
                    && e.startNanos() + e.totalNanos() <= outer.startNanos() + outer.totalNanos() && !e.range());
            assertThat(outer.selfNanos() + inner.stream().mapToLong(ProfiledEvent::selfNanos).sum()).isEqualTo(outer.totalNanos());
            assertThat(profiler.keyAverages().counts()).containsEntry("aten::mm", 2L).containsEntry("aten::matmul", 2L);
            assertThat(profiler.keyAverages().table(KeyAverages.Sort.COUNT, 3).lines()).hasSize(5);
            assertThat(profiler.keyAverages().table()).contains("Self CPU time total: ").contains("two products");
        }
    }

    @Test void only_the_thread_that_started_is_observed_and_only_until_it_is_closed() throws InterruptedException {
        try (var scope = Scope.open(); var profiler = Profiler.start()) {
            Tensor x = Torch.ones(3);
            x.exp();
            Thread.ofPlatform().start(() -> {
                try (var own = Scope.open()) {
                    x.sin();
                }
            }).join();
            var wrong = new AtomicReference<Throwable>();
            Thread.ofPlatform().start(() -> {
                try {
                    profiler.close();
                } catch (WrongThreadException e) {
                    wrong.set(e);
                }
            }).join();
            assertThat(wrong.get()).hasMessage("close a profiler or a FLOP counter on the thread that started it");
            profiler.close();
            profiler.close();
            x.cos();
            assertThat(profiler.keyAverages().counts()).containsEntry("aten::exp", 1L).doesNotContainKeys("aten::sin", "aten::cos");
            assertThatThrownBy(profiler::step).hasMessage("the profiler is closed");
            assertThatThrownBy(profiler::keyAveragesByShape).hasMessageContaining("start by Profiler.builder().recordShapes()");
        }
    }

    @Test void a_virtual_thread_cannot_be_observed() throws InterruptedException {
        var thrown = new AtomicReference<Throwable>();
        Thread.ofVirtual().start(() -> {
            try {
                Profiler.start().close();
            } catch (Throwable t) {
                thrown.set(t);
            }
        }).join();
        assertThat(thrown.get()).isInstanceOf(IllegalStateException.class)
                .hasMessage("operators of a virtual thread cannot be observed; use a platform thread");
    }

    /** {@code [str(schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)(i)) for i in range(11)]}. */
    @Test void a_schedule_is_that_of_pytorch() {
        var schedule = new Schedule(1, 1, 1, 2, 2);
        var actions = new ArrayList<String>();
        for (int i = 0; i < 11; i++) actions.add(schedule.action(i).toString());
        assertThat(actions).containsExactly("NONE", "NONE", "WARM_UP", "RECORD", "RECORD_AND_SAVE", "NONE", "WARM_UP", "RECORD",
                "RECORD_AND_SAVE", "NONE", "NONE");
        assertThatThrownBy(() -> Schedule.of(1, 1, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("active must be at least 1");
    }

    @Test void each_cycle_of_a_schedule_is_handed_over_by_itself() {
        var cycles = new ArrayList<Map<String, Long>>();
        try (var scope = Scope.open();
                var profiler = Profiler.builder().schedule(new Schedule(0, 1, 1, 2, 0)).onTrace(p -> cycles.add(p.keyAverages().counts()))
                        .start()) {
            for (int i = 0; i < 11; i++) {
                for (int n = 0; n <= i; n++) Torch.ones(2).exp();
                profiler.step();
            }
        }
        assertThat(cycles).extracting(c -> c.get("aten::exp")).containsExactly(7L, 15L, 11L);
        assertThat(cycles.getFirst()).containsEntry("ProfilerStep#2", 1L).containsEntry("ProfilerStep#3", 1L);
    }

    @Test void a_chrome_trace_has_an_entry_for_each_event(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("trace.json");
        Files.writeString(file, "older");
        try (var scope = Scope.open(); var profiler = Profiler.builder().recordShapes().start()) {
            try (var range = RecordFunction.enter("a \"quoted\"\nname")) {
                Torch.ones(2, 3).to(DType.FLOAT64).exp();
            }
            profiler.close();
            profiler.exportChromeTrace(file);
            String text = Files.readString(file);
            assertThat(text.lines().filter(line -> line.contains("\"ph\": \"X\""))).hasSize(profiler.events().size());
            assertThat(text).contains("\"name\": \"a \\\"quoted\\\"\\u000aname\"").contains("\"cat\": \"user_annotation\"")
                    .contains("\"name\": \"aten::exp\"").contains("\"Input Dims\": [[2, 3]]");
        }
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test void an_operator_that_fails_is_an_event_too() {
        try (var scope = Scope.open(); var profiler = Profiler.start()) {
            assertThatThrownBy(() -> Torch.ones(2).matmul(Torch.ones(3))).isInstanceOf(RuntimeException.class);
            Torch.ones(2).exp();
            profiler.close();
            assertThat(profiler.keyAverages().counts()).containsEntry("aten::matmul", 1L).containsEntry("aten::exp", 1L);
        }
    }
}
