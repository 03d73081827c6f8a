package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.amp.GradScaler;
import panatorch.cuda.Stream;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.optim.Adam;
import panatorch.optim.AdamW;
import panatorch.optim.ClipGrad;
import panatorch.optim.Optimizer;
import panatorch.optim.RMSprop;
import panatorch.optim.SGD;

/** All of a graphed step but CUDA's part of it: a recorder in its place keeps the work, computes nothing, and runs it at each replay. */
@NoTensorLeaks
class GraphedStepTest {
    /** What was asked of it, in order. */
    private static final class Kept implements Recorder {
        final List<String> calls = new ArrayList<>();
        List<Generator> generators = List.of();

        @Override public Recording record(Stream stream, List<Generator> generators, Runnable work) {
            calls.add("record");
            this.generators = generators;
            return new Recording() {
                @Override public void replay() {
                    calls.add("replay");
                    work.run();
                }

                @Override public void close() { calls.add("close"); }
            };
        }
    }

    private static Optimizer sgd(Module model) { return new SGD(model.parameters(), SGD.options(0.0625).momentum(0.5).fused(true)); }

    /** The numbers of a model after 12 steps on batches of {@link Task}, the learning rate halved on the way. */
    private static Map<String, List<Double>> trained(BiFunction<Module, Optimizer, StepOf> how,
            java.util.function.Function<Module, Optimizer> optimizers, List<Double> losses) {
        try (var task = new Task(); var model = Task.model(); var optimizer = optimizers.apply(model);
                var step = how.apply(model, optimizer)) {
            Torch.manualSeed(11);
            for (int i = 0; i < 12; i++) {
                try (var scope = Scope.open()) {
                    int from = i % 6 * 8;
                    losses.add(step.train(task.images.narrow(0, from, 8), task.labels.narrow(0, from, 8)).itemDouble());
                }
                if (i == 7) optimizer.setLearningRate(0.03125);
            }
            return Task.values(model);
        }
    }

    private interface StepOf extends AutoCloseable {
        Tensor train(Tensor input, Tensor target);

        @Override default void close() {}
    }

    private static StepOf eager(Module model, Optimizer optimizer) {
        return (input, target) -> {
            optimizer.zeroGrad();
            Tensor loss = Task.objective().apply(model, input, target).loss();
            loss.backward();
            optimizer.step();
            return loss;
        };
    }

    private static StepOf graphed(Module model, Optimizer optimizer, GraphedStep.Options options, Recorder recorder) {
        var step = new GraphedStep(model, optimizer, Task.objective(), options, recorder);
        return new StepOf() {
            @Override public Tensor train(Tensor input, Tensor target) { return step.run(input, target).loss(); }

            @Override public void close() { step.close(); }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"SGD", "Adam", "AdamW"}) void replays_train_as_eager_steps_do_dropout_and_learning_rate_included(String name) {
        java.util.function.Function<Module, Optimizer> optimizers = m -> switch (name) {
            case "SGD" -> sgd(m);
            case "Adam" -> new Adam(m.parameters(), Adam.options(0.0625).fused(true));
            default -> new AdamW(m.parameters(), AdamW.options(0.0625).fused(true));
        };
        List<Double> losses = new ArrayList<>(), same = new ArrayList<>(), noGraph = new ArrayList<>();
        var kept = new Kept();
        var eager = trained(GraphedStepTest::eager, optimizers, losses);
        assertThat(trained((m, o) -> graphed(m, o, GraphedStep.options(), kept), optimizers, same)).isEqualTo(eager);
        assertThat(trained((m, o) -> graphed(m, o, GraphedStep.options(), null), optimizers, noGraph)).isEqualTo(eager);
        assertThat(same).isEqualTo(losses).isEqualTo(noGraph);
        assertThat(kept.calls.subList(0, 2)).containsExactly("record", "replay");
        assertThat(kept.calls).as("3 eager runs of 12, and the recording freed").hasSize(1 + 9 + 1).endsWith("close");
    }

    @Test void a_step_is_eager_as_often_as_asked_and_then_recorded_once() {
        var kept = new Kept();
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model); var generator = Generator.of(1)) {
            try (var step =
                    new GraphedStep(model, optimizer, Task.objective(), GraphedStep.options().warmUp(1).generators(generator), kept);
                    var scope = Scope.open()) {
                Tensor x = task.images.narrow(0, 0, 4), y = task.labels.narrow(0, 0, 4);
                step.run(x, y);
                assertThat(step.isRecorded()).isFalse();
                step.run(x, y);
                assertThat(step.isRecorded()).isTrue();
                step.run(x, y);
                assertThat(kept.calls).containsExactly("record", "replay", "replay");
                assertThat(kept.generators).containsExactly(generator);
                step.forget();
                step.run(x, y);
                assertThat(kept.calls).containsExactly("record", "replay", "replay", "close", "record", "replay");
            }
            assertThat(kept.calls).endsWith("close");
            assertThatThrownBy(() -> new GraphedStep(model, optimizer, Task.objective(), GraphedStep.options().warmUp(0)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at least 1 eager run");
        }
    }

    @Test void the_recorded_step_reads_the_tensors_of_the_first_run_and_the_elements_of_the_last() {
        List<Tensor> read = new ArrayList<>();
        List<Float> seen = new ArrayList<>();
        Objective objective = (model, input, target) -> {
            read.add(input);
            seen.add(input.sum().itemFloat());
            Tensor output = model.call(input);
            return new Objective.Result(output.mean(), output);
        };
        try (var model = new Linear(2, 1); var optimizer = sgd(model);
                var step = new GraphedStep(model, optimizer, objective, GraphedStep.options().warmUp(1), new Kept());
                var scope = Scope.open()) {
            Tensor x = Torch.ones(3, 2);
            for (int i = 1; i <= 4; i++) step.run(x.mul(i), null);
            assertThat(read).hasSize(4).allMatch(t -> t == read.getFirst());
            assertThat(seen).containsExactly(6f, 12f, 18f, 24f);
            assertThat(read).doesNotContain(x);
        }
    }

    @Test void other_shapes_and_types_are_refused_before_anything_is_computed() {
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model);
                var step = new GraphedStep(model, optimizer, Task.objective(), GraphedStep.options(), new Kept());
                var scope = Scope.open()) {
            Tensor x = task.images.narrow(0, 0, 8), y = task.labels.narrow(0, 0, 8);
            step.run(x, y);
            var before = Task.values(model);
            assertThatThrownBy(() -> step.run(x.narrow(0, 0, 2), y)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "the input of this step was float32 [8, 2, 4, 4] on cpu and is now float32 [2, 2, 4, 4] on cpu: a step that "
                                    + "is recorded has one shape");
            assertThatThrownBy(() -> step.run(x.to(DType.FLOAT64), y)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("float64");
            assertThatThrownBy(() -> step.run(x, y.to(DType.INT32))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the target of this step was int64 [8]");
            assertThatThrownBy(() -> step.run(x, null)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is now nothing");
            assertThat(Task.values(model)).isEqualTo(before);
        }
    }

    @Test void what_is_thrown_while_a_step_is_recorded_leaves_nothing_recorded_and_the_model_to_be_trained() {
        var fails = new boolean[] {false};
        Objective objective = (model, input, target) -> {
            Tensor output = model.call(input);
            if (fails[0]) output.matmul(output); // [8, 3] by [8, 3]
            return new Objective.Result(output.square().mean(), output);
        };
        // Like CUDA's: the work is run while it is recorded.
        Recorder running = (stream, generators, work) -> {
            work.run();
            return new Kept().record(stream, generators, work);
        };
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model);
                var step = new GraphedStep(model, optimizer, objective, GraphedStep.options().warmUp(1), running);
                var scope = Scope.open()) {
            Tensor x = task.images.narrow(0, 0, 8);
            step.run(x, null);
            fails[0] = true;
            assertThatThrownBy(() -> step.run(x, null)).isInstanceOf(TorchException.class).hasMessageContaining("matmul");
            assertThat(step.isRecorded()).isFalse();
            assertThat(model.parameters()).allMatch(p -> p.grad() == null);
            fails[0] = false;
            eager(model, optimizer).train(x, task.labels.narrow(0, 0, 8));
            assertThat(step.run(x, null).loss().itemDouble()).isPositive();
            assertThat(step.isRecorded()).isTrue();
        }
    }

    @Test void only_the_learning_rate_may_change() {
        try (var model = new Linear(2, 1); var optimizer = sgd(model)) {
            Objective objective = (m, input, target) -> {
                Tensor output = m.call(input);
                return new Objective.Result(output.mean(), output);
            };
            try (var step = new GraphedStep(model, optimizer, objective, GraphedStep.options().warmUp(1), new Kept());
                    var scope = Scope.open()) {
                step.run(Torch.ones(3, 2), null);
                optimizer.groups().getFirst().set("momentum", 0.25);
                assertThatThrownBy(() -> step.run(Torch.ones(3, 2), null)).isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("only the learning rate of a recorded step can change");
            }
        }
    }

    @Test void an_optimiser_that_counts_in_java_is_refused() {
        try (var model = new Linear(2, 1); var plain = new SGD(model.parameters(), SGD.options(0.1));
                var rms = new RMSprop(model.parameters(), RMSprop.options())) {
            assertThatThrownBy(() -> new GraphedStep(model, plain, Task.objective(), GraphedStep.options()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "only steps of SGD, Adam and AdamW with options.fused(true) can be recorded, not of this SGD, which is not "
                                    + "fused");
            assertThatThrownBy(() -> new GraphedStep(model, rms, Task.objective(), GraphedStep.options()))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageEndingWith("not of this RMSprop");
        }
    }

    @Test void a_scaler_leaves_out_what_is_not_finite_and_clipping_sees_gradients_without_scale() {
        List<Double> norms = new ArrayList<>();
        Objective objective = (model, input, target) -> {
            Tensor output = model.call(input);
            return new Objective.Result(output.mean(), output);
        };
        try (var model = new Linear(2, 1); var optimizer = sgd(model); var scaler = new GradScaler(GradScaler.options().initScale(1024));
                var step = new GraphedStep(model, optimizer, objective,
                        GraphedStep.options().warmUp(1).scaler(scaler)
                                .beforeStep(() -> norms.add(ClipGrad.norm_(model.parameters(), 10).itemDouble())),
                        new Kept());
                var scope = Scope.open()) {
            step.run(Torch.ones(3, 2), null);
            step.run(Torch.ones(3, 2), null);
            double[] weights = model.parameters().getFirst().toDoubleArray();
            assertThat(scaler.currentScale()).isEqualTo(1024);
            step.run(Torch.full(new long[] {3, 2}, Double.POSITIVE_INFINITY), null);
            assertThat(model.parameters().getFirst().toDoubleArray()).containsExactly(weights);
            assertThat(scaler.currentScale()).isEqualTo(512);
            assertThat(norms.subList(0, 2)).as("of the gradients 1, 1 and 1")
                    .allSatisfy(n -> assertThat(n).isCloseTo(Math.sqrt(3), org.assertj.core.api.Assertions.within(1e-5)));
        }
    }

    @Test void without_cuda_a_step_is_eager_for_good_and_closing_it_frees_all_but_the_model() {
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model)) {
            var step = new GraphedStep(model, optimizer, Task.objective(), GraphedStep.options().warmUp(1));
            try (var scope = Scope.open()) {
                for (int i = 0; i < 4; i++) step.run(task.images.narrow(0, 0, 8), task.labels.narrow(0, 0, 8));
                assertThat(step.isRecorded()).isFalse();
                assertThat(model.parameters().getFirst().device()).isEqualTo(Device.CPU);
            }
            step.close();
            step.close();
            assertThatThrownBy(() -> step.run(task.images, task.labels)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("the graphed step is closed");
            assertThat(model.parameters()).noneMatch(Tensor::isClosed);
        }
    }
}
