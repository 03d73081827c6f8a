package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ThreadsTest {
    private static final int THREADS = 64, CALLS = 40;

    @ParameterizedTest
    @ValueSource(strings = {"recurrent", "no_grad", "branch", "scan", "autocast",
        "loop.core"}) void many_virtual_threads_get_right_answers_at_once(String name) throws Exception {
        try (var program = Programs.load(name); var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> all = new ArrayList<>();
            Callable<Void> caller = () -> {
                for (int i = 0; i < CALLS; i++) {
                    try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                        Outputs outputs = program.run(Inputs.of(Programs.inputs(name)));
                        for (int k = 0; k < outputs.all().size(); k++)
                            Programs.assertSame(name, outputs.all().get(k), Programs.expected(name).get("outputs").get(k));
                    }
                    Thread.yield();
                }
                return null;
            };
            for (int i = 0; i < THREADS; i++) all.add(executor.submit(caller));
            for (Future<Void> f : all) f.get();
        }
    }

    @Test void memory_is_flat_over_many_calls() throws Exception {
        for (String name : List.of("conv", "split", "scan", "item", "types", "dynamic.core")) {
            try (var program = Programs.load(name); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Inputs inputs = Inputs.of(Programs.inputs(name));
                call(program, inputs, 500);
                long tensors = Torch.memoryStats().liveTensors(), bytes = Torch.memoryStats().residentBytes();
                call(program, inputs, 2000);
                assertThat(Torch.memoryStats().liveTensors()).as(name).isEqualTo(tensors);
                assertThat(Torch.memoryStats().residentBytes() - bytes).as(name).isLessThan(32 << 20);
            }
        }
    }

    private static void call(ExportedProgram program, Inputs inputs, int times) {
        for (int i = 0; i < times; i++) {
            try (var scope = Scope.open()) {
                program.run(inputs);
            }
        }
    }

    @Test void memory_is_flat_over_many_failing_calls() throws Exception {
        try (var program = Programs.load("fails"); var scope = Scope.open()) {
            Tensor x = Torch.ones(3), wrong = Torch.tensor(new long[] {0, 7}), right = Torch.tensor(new long[] {0, 1});
            long tensors = Torch.memoryStats().liveTensors();
            for (int i = 0; i < 500; i++) assertThatThrownBy(() -> program.run(x, wrong)).hasMessageContaining("out of bounds");
            assertThat(Torch.memoryStats().liveTensors()).isEqualTo(tensors);
            assertThat(program.run(x, right).tensor().shape()).containsExactly(2);
        }
    }

    @Test void intermediate_tensors_are_freed_where_they_are_needed_last() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("mlp")) {
            Tensor x = (Tensor) Objects.requireNonNull(Programs.inputs("mlp")[0]);
            program.call(x);
            long before = Torch.memoryStats().liveTensors();
            program.call(x);
            assertThat(Torch.memoryStats().liveTensors() - before).isEqualTo(1);
        }
    }

    @Test void a_program_runs_in_inference_mode() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mlp"); var mode = InferenceMode.enter()) {
            Programs.assertSame("output", program.call((Tensor) Objects.requireNonNull(Programs.inputs("mlp")[0])),
                    Programs.expected("mlp").get("outputs").get(0));
        }
    }

    @Test void a_closed_program_is_told() throws Exception {
        try (var scope = Scope.open()) {
            var program = Programs.load("mlp");
            program.close();
            program.close();
            assertThatThrownBy(() -> program.run(Torch.ones(2, 4))).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }
}
