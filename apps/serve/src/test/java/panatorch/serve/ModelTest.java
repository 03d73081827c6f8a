package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.ExportedProgram;
import panatorch.export.Exporter;
import panatorch.export.OptimizeOptions;
import panatorch.export.Signature;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

@NoTensorLeaks
class ModelTest {
    private static Sequential perceptron() {
        var net = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
        net.eval();
        return net;
    }

    private static ExportedProgram exported(Module net) {
        try (var scope = Scope.open()) {
            return Exporter.of(net).names("x").dynamic(0, 0, "batch", 1, 64).export(Torch.randn(2, 4));
        }
    }

    private static void assertComputes(Model model, Module net) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = Torch.randn(5, 4);
            List<Tensor> outputs = model.run(List.of(x));
            assertThat(outputs).hasSize(1);
            assertThat(outputs.getFirst().allClose(net.call(x), 1e-5, 1e-6)).isTrue();
            assertThat(model.memoryBytes()).isGreaterThanOrEqualTo((4 * 8 + 8 + 8 * 3 + 3) * 4);
        }
    }

    @Test void a_module_is_a_model_with_the_declared_signature() {
        Sequential net = perceptron();
        try (Model model = Model.of(net).range("batch", 1, 64).input("x", DType.FLOAT32, "batch", 4).output("y", DType.FLOAT32, "batch",
                3)) {
            var batch = new Signature.Symbol("batch", new Signature.Range(1, 64));
            assertThat(model.signature().inputs())
                    .containsExactly(new Signature.TensorValue("x", DType.FLOAT32, List.of(batch, new Signature.Fixed(4))));
            assertThat(model.signature().outputs())
                    .containsExactly(new Signature.TensorValue("y", DType.FLOAT32, List.of(batch, new Signature.Fixed(3))));
            assertComputes(model, net);
        }
    }

    @Test void exported_and_optimised_programs_are_models() {
        try (Sequential net = perceptron(); Model plain = Model.of(exported(net)); ExportedProgram program = exported(net);
                Model optimised = Model.of(program.optimize(OptimizeOptions.all()))) {
            assertComputes(plain, net);
            assertComputes(optimised, net);
        }
    }

    @Test void a_script_is_a_model() {
        try (Sequential net = perceptron(); var scope = Scope.open();
                Model model = Model.of(ScriptModule.trace(net, Torch.randn(2, 4))).input("x", DType.FLOAT32, "batch", 4)) {
            assertComputes(model, net);
        }
    }

    @Test void a_module_in_training_mode_is_refused() {
        try (var net = new Sequential(new Linear(2, 2), new Dropout(0.5))) {
            assertThatThrownBy(() -> Model.of(net)).hasMessageContaining("the Sequential is in training mode");
            net.get(0).eval();
            net.eval();
            net.get(1).train();
            assertThatThrownBy(() -> Model.of(net)).hasMessageContaining("'1' is in training mode").hasMessageContaining("eval()");
        }
    }

    @Test void monte_carlo_answers_with_the_mean_and_the_uncertainty_of_many_passes() {
        var net = new Sequential(new Linear(4, 8), new Dropout(0.5), new Linear(8, 3));
        net.eval();
        try (var scope = Scope.open(); Model model = Model.of(net).input("x", DType.FLOAT32, "batch", 4)
                .output("y", DType.FLOAT32, "batch", 3).monteCarlo(400)) {
            assertThat(model.signature().outputs().stream().map(Signature.Value::name)).containsExactly("mean", "entropy",
                    "expected_entropy", "mutual_information", "variation_ratio", "variance");
            Tensor x = Torch.randn(5, 4);
            List<Tensor> outputs = model.run(List.of(x));
            assertThat(outputs.getFirst().shape()).containsExactly(5, 3);
            assertThat(outputs.getFirst().sum(1).sub(1).abs().max().item().doubleValue()).isLessThan(1e-9);
            assertThat(outputs.get(3).shape()).containsExactly(5);
            assertThat(outputs.get(3).min().item().doubleValue()).isPositive();
            assertThat(outputs.get(5).min().item().doubleValue()).isPositive();
        }
    }

    @Test void monte_carlo_moments_have_the_variance_that_dropout_has() {
        // x·mask/(1−p) with p = ½ is 0 or 2x, so its mean is x and its variance x²
        var net = new Sequential(new Dropout(0.5));
        net.eval();
        try (var scope = Scope.open(); Model model = Model.of(net).input("x", DType.FLOAT32, "batch", 2)
                .output("y", DType.FLOAT32, "batch", 2).monteCarloMoments(4000)) {
            List<Tensor> moments = model.run(List.of(Torch.full(new long[] {3, 2}, 3.0)));
            assertThat(moments.get(0).sub(3).abs().max().item().doubleValue()).isLessThan(0.4);
            assertThat(moments.get(1).sub(9).abs().max().item().doubleValue()).isLessThan(0.5);
        }
    }

    @Test void monte_carlo_without_dropout_is_refused() {
        try (Sequential net = perceptron()) {
            assertThatThrownBy(() -> Model.of(net).input("x", DType.FLOAT32, "batch", 4).monteCarlo(10))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no stochastic module");
        }
    }
}
