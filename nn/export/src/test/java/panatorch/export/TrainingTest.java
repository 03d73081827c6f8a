package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Identity;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;
import panatorch.train.Objective;
import panatorch.train.Trainer;

/** Fine-tuning of programs, against what {@code src/test/python/training.py} has computed in Python. */
@NoTensorLeaks
class TrainingTest {
    private static JsonNode expected(String name) { return Objects.requireNonNull(Programs.json("training.json").get(name)); }

    @ParameterizedTest
    @ValueSource(strings = {"conv_train", "mlp", "mlp.core", "lstm"}) void a_program_is_trained_as_in_python(String name) throws Exception {
        JsonNode python = expected(name);
        try (var scope = Scope.open(); var program = Programs.load(name);
                var sgd = new SGD(program.parameters(), SGD.options(0.05).momentum(0.9))) {
            Tensor x = (Tensor) Objects.requireNonNull(Programs.value(python.get("x"))),
                    t = (Tensor) Objects.requireNonNull(Programs.value(python.get("t")));
            Torch.manualSeed(5);
            for (int step = 0; step < python.get("losses").size(); step++) {
                program.zeroGrad();
                Tensor y = program.call(x), loss = CrossEntropy.crossEntropy(y.dim() == 3 ? y.select(1, 0) : y, t);
                assertThat(loss.itemDouble()).as("loss of step " + step).isCloseTo(python.get("losses").get(step).asDouble(), within(1e-5));
                loss.backward();
                if (step == 0) assertGradients(program, python.get("gradients"));
                sgd.step();
            }
            Map<String, Tensor> state = program.stateDict();
            python.get("state").properties().forEach(e -> Programs.assertSame(e.getKey(), state.get(e.getKey()), e.getValue()));
        }
    }

    private static void assertGradients(ExportedProgram program, JsonNode python) {
        Map<String, Tensor> parameters = program.namedParameters();
        assertThat(python.size()).isEqualTo(parameters.size());
        python.properties().forEach(e -> Programs.assertSame("gradient of " + e.getKey(), parameters.get(e.getKey()).grad(), e.getValue()));
    }

    @Test void a_part_of_a_program_cannot_be_replaced_because_its_graph_would_not_use_the_new_one() throws Exception {
        try (var program = Programs.load("mlp"); var other = new Identity()) {
            String path = program.namedChildren().keySet().iterator().next();
            assertThatThrownBy(() -> program.setChild(path, other)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("'" + path + "' cannot be replaced: the program's graph computes with its tensors");
        }
    }

    @Test void a_normalisation_without_running_statistics_does_the_same_in_both_modes() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("standardized")) {
            assertThat(program.isTraining()).isFalse();
            Tensor expected = program.run(Inputs.of(Programs.inputs("standardized"))).tensor(0);
            Tensor mean = program.stateDict().get("norm.running_mean"), before = mean.clone();
            program.eval();
            assertThat(program.run(Inputs.of(Programs.inputs("standardized"))).tensor(0).allClose(expected)).isTrue();
            assertThat(mean.torchEquals(before)).isTrue();
            program.train().call((Tensor) Objects.requireNonNull(Programs.inputs("standardized")[0]));
            assertThat(mean.torchEquals(before)).as("the other one is in training mode").isFalse();
        }
    }

    /** Gradients of the operator that transformers defines in Python, against a product for each expert. */
    @Test void a_mixture_of_experts_has_gradients() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("experts")) {
            Tensor x = Torch.randn(6, 3).requiresGrad_(true), offs = Torch.tensor(new long[] {1, 1, 4, 5});
            Tensor weight = program.namedParameters().get("weight"), seed = Torch.randn(6, 2);
            program.run(x, offs).tensor(0).mul(seed).sum().backward();
            Tensor w = weight.detach().requiresGrad_(true), y = x.detach().requiresGrad_(true);
            Tensor expected = Aten.cat(List.of(y.narrow(0, 0, 1).mm(w.select(0, 0)), y.narrow(0, 1, 3).mm(w.select(0, 2)),
                    y.narrow(0, 4, 1).mm(w.select(0, 3)), Torch.zeros(1, 2)), 0).tanh();
            expected.mul(seed).sum().backward();
            assertThat(x.grad().allClose(y.grad(), 1e-6, 1e-6)).isTrue();
            assertThat(weight.grad().allClose(w.grad(), 1e-6, 1e-6)).isTrue();
        }
    }

    @Test void a_trainer_trains_a_program() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mlp"); var sgd = new SGD(program.parameters(), SGD.options(0.5));
                var trainer = Trainer.of(program, sgd, Objective.of(CrossEntropy::crossEntropy)).build()) {
            Torch.manualSeed(0);
            Tensor x = Torch.randn(64, 4), t = x.narrow(1, 0, 3).argmax(1L, false);
            Tensor before = CrossEntropy.crossEntropy(program.call(x.narrow(0, 0, 8)), t.narrow(0, 0, 8)).detach();
            trainer.fit(Batches.of(x, t, 8), Batches.of(x, t, 8), 20);
            Tensor after = CrossEntropy.crossEntropy(program.call(x.narrow(0, 0, 8)), t.narrow(0, 0, 8)).detach();
            assertThat(after.itemDouble()).isLessThan(before.itemDouble() * 0.5);
        }
    }

    @Test void the_mode_switches_dropout_and_batch_normalisation() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var trained = Programs.load("conv_train");
                var program = Programs.load("conv")) {
            assertThat(trained.isTraining()).isTrue();
            assertThat(program.isTraining()).isFalse();
            Tensor x = Torch.randn(2, 3, 6, 6), mean = program.stateDict().get("norm.running_mean");
            program.loadStateDict(trained.stateDict());
            Tensor asEvaluated = program.call(x);
            assertThat(trained.eval().call(x).allClose(asEvaluated)).isTrue();
            assertThat(mean.torchEquals(trained.stateDict().get("norm.running_mean"))).isTrue();

            Torch.manualSeed(1);
            Tensor asTrained = program.train().call(x);
            Torch.manualSeed(1);
            assertThat(trained.train().call(x).allClose(asTrained)).isTrue();
            assertThat(asTrained.allClose(asEvaluated)).isFalse();
            assertThat(mean.allClose(trained.stateDict().get("norm.running_mean"))).isTrue();
            assertThat(mean.abs().max().itemDouble()).isPositive();
        }
    }

    @Test void a_program_is_converted_to_another_type() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("mlp")) {
            Tensor x = (Tensor) Objects.requireNonNull(Programs.inputs("mlp")[0]), before = program.call(x);
            Tensor low = program.to(DType.BFLOAT16).call(x.to(DType.BFLOAT16));
            assertThat(low.dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(low.to(DType.FLOAT32).allClose(before, 0.05, 0.05)).isTrue();
        }
    }

    /** On the device of tensors without data, as a GPU is not there everywhere. */
    @Test void constants_on_the_programs_device_move_with_it() throws Exception {
        for (String name : List.of("random", "random.core")) {
            try (var scope = Scope.open();
                    var program = ExportedProgram.load(Programs.file(name), LoadOptions.standard().device(Device.META))) {
                assertThat(program.run(Torch.ones(3).to(Device.META)).tensor().device()).isEqualTo(Device.META);
            }
        }
    }
}
