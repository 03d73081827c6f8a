package panatorch.nn.utils.parametrize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Device;
import panatorch.Linalg;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Conv2d;
import panatorch.nn.ConvTranspose2d;
import panatorch.nn.LSTM;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.utils.parametrizations.Parametrizations;
import panatorch.nn.utils.parametrizations.Parametrizations.OrthogonalMap;
import panatorch.optim.SGD;

/** Parametrized tensors obey their equations, are trained and saved through their originals, and are freed. */
@NoTensorLeaks
class ParametrizeTest {
    private static final class Symmetric extends Module implements RightInverse {
        private int calls;

        @Override public Tensor forward(Tensor x) {
            calls++;
            return x.triu().add(x.triu(1).mT());
        }

        @Override public List<Tensor> rightInverse(Tensor value) { return List.of(value.triu()); }

        @Override protected Module recreate() { return new Symmetric(); }
    }

    private static final class Doubled extends Module {
        @Override public Tensor forward(Tensor x) { return x.mul(2); }

        @Override protected Module recreate() { return new Doubled(); }
    }

    private static final class FirstRow extends Module {
        @Override public Tensor forward(Tensor x) { return x.narrow(0, 0, 1); }
    }

    private static boolean isSymmetric(Tensor t) { return t.torchEquals(t.mT()); }

    @Test void forward_and_training_use_what_is_computed_and_the_original_is_what_is_trained_and_saved() {
        try (var layer = new Linear(3, 3); var scope = Scope.open()) {
            Tensor original = layer.weight();
            try (var sgd = new SGD(layer.parameters(), SGD.options(0.1))) {
                assertThat(Parametrize.registerParametrization(layer, "weight", new Symmetric())).isSameAs(layer);
                assertThat(layer.stateDict().keySet()).containsExactly("bias", "parametrizations.weight.original");
                assertThat(layer.stateDict().get("parametrizations.weight.original")).isSameAs(original);
                assertThat(isSymmetric(layer.weight())).isTrue();
                Tensor x = Torch.randn(4, 3), before = original.detach().clone();
                layer.call(x).pow(2).sum().backward();
                assertThat(layer.call(x).allClose(x.matmul(layer.weight().t()).add(layer.bias()))).isTrue();
                Tensor gradient = original.grad();
                assertThat(gradient.tril(-1).abs().sum().itemDouble()).isZero();
                sgd.step();
                assertThat(original.detach().allClose(before.sub(gradient, 0.1))).isTrue();
                assertThat(isSymmetric(layer.weight())).isTrue();
            }
        }
    }

    @Test void removal_leaves_the_value_or_the_original_in_the_same_tensor() {
        try (var layer = new Linear(3, 3); var scope = Scope.open()) {
            Tensor original = layer.weight();
            for (boolean leave : new boolean[] {true, false}) {
                Parametrize.registerParametrization(layer, "weight", new Symmetric());
                Tensor expected = (leave ? layer.weight() : original).detach().clone();
                Parametrize.removeParametrizations(layer, "weight", leave);
                assertThat(layer.weight()).isSameAs(original);
                assertThat(original.torchEquals(expected)).isTrue();
                assertThat(original.requiresGrad()).isTrue();
                assertThat(layer.stateDict().keySet()).containsExactly("bias", "weight");
                assertThat(Parametrize.isParametrized(layer)).isFalse();
            }
        }
    }

    @Test void several_parametrizations_apply_in_turn_and_a_value_is_assigned_through_all_inverses() {
        try (var layer = new Linear(2, 2); var other = new Linear(2, 2); var scope = Scope.open()) {
            Parametrize.registerParametrization(layer, "weight", new Symmetric());
            Tensor symmetric = layer.weight().detach();
            Parametrize.registerParametrization(layer, "weight", new Symmetric());
            assertThat(layer.weight().torchEquals(symmetric)).isTrue();
            Parametrize.parametrizations(layer, "weight").assign(Torch.ones(2, 2));
            assertThat(layer.weight().toFloatArray()).containsExactly(1, 1, 1, 1);
            Parametrize.registerParametrization(layer, "weight", new Doubled());
            assertThat(layer.weight().toFloatArray()).containsExactly(2, 2, 2, 2);
            assertThatThrownBy(() -> Parametrize.parametrizations(layer, "weight").assign(Torch.ones(2, 2)))
                    .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("Doubled() does not implement RightInverse");
            assertThatThrownBy(() -> Parametrize.parametrizations(other, "weight")).hasMessageContaining("is not parametrized");
        }
    }

    @Test void a_parametrization_that_changes_the_shape_is_refused_unless_it_is_registered_as_unsafe() {
        try (var layer = new Linear(3, 2, false); var scope = Scope.open()) {
            Tensor weight = layer.weight();
            assertThatThrownBy(() -> Parametrize.registerParametrization(layer, "weight", new FirstRow()))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("[1, 3]").hasMessageContaining("unsafe");
            assertThat(layer.stateDict().keySet()).containsExactly("weight");
            assertThat(layer.weight()).isSameAs(weight);
            assertThatThrownBy(() -> Parametrize.registerParametrization(layer, "wieght", new Symmetric()))
                    .hasMessageContaining("has no parameter or buffer 'wieght' to parametrize");
            Parametrize.registerParametrization(layer, "weight", new FirstRow(), true);
            assertThat(layer.call(Torch.ones(5, 3)).shape()).containsExactly(5, 1);
        }
    }

    @Test void within_cached_a_value_is_computed_once() {
        var symmetric = new Symmetric();
        try (var layer = Parametrize.registerParametrization(new Linear(3, 3), "weight", symmetric); var scope = Scope.open()) {
            int before = symmetric.calls;
            Tensor seen;
            try (var cache = Parametrize.cached()) {
                try (var inner = Scope.open(); var nested = Parametrize.cached()) {
                    layer.call(Torch.ones(3));
                }
                seen = layer.weight();
                assertThat(layer.weight()).isSameAs(seen);
                assertThat(seen.isClosed()).isFalse();
                assertThat(symmetric.calls).isEqualTo(before + 1);
            }
            assertThat(seen.isClosed()).isTrue();
            layer.weight();
            assertThat(symmetric.calls).isEqualTo(before + 2);
        }
    }

    @Test void a_copy_is_parametrized_too_and_independent() {
        var first = Parametrizations.spectralNorm(Parametrizations.weightNorm(new Linear(4, 3)), "bias", 1, 1e-12, null);
        Parametrize.registerParametrization(first, "weight", new Doubled());
        try (var net = new Sequential(first, Parametrizations.orthogonal(new Linear(3, 3))); var copy = Module.copyOf(net);
                var scope = Scope.open()) {
            Tensor x = Torch.randn(2, 4), expected = net.eval().call(x);
            assertThat(copy.stateDict().keySet()).isEqualTo(net.stateDict().keySet());
            assertThat(copy.eval().call(x).torchEquals(expected)).isTrue();
            copy.parameters().forEach(p -> p.detach().fill_(0.5));
            assertThat(net.call(x).torchEquals(expected)).isTrue();
        }
    }

    @Test void a_buffer_can_be_parametrized_and_everything_moves_and_loads_with_the_module() {
        try (var norm = Parametrize.registerParametrization(new BatchNorm1d(3), "running_var", new Doubled()).eval();
                var scope = Scope.open()) {
            assertThat(norm.stateDict()).containsKey("parametrizations.running_var.original");
            norm.to(panatorch.DType.FLOAT64);
            assertThat(norm.buffer("running_var").toDoubleArray()).containsExactly(2, 2, 2);
            norm.loadStateDict(Map.of("parametrizations.running_var.original", Torch.tensor(new double[] {1, 2, 3})), false);
            assertThat(norm.buffer("running_var").toDoubleArray()).containsExactly(2, 4, 6);
            norm.to(Device.META);
            assertThat(norm.buffer("running_var").device()).isEqualTo(Device.META);
        }
    }

    @Test void weight_norm_separates_length_and_direction() {
        try (var layer = Parametrizations.weightNorm(new Conv2d(3, 4, 3)); var lstm = new LSTM(3, 5); var scope = Scope.open()) {
            Tensor g = layer.stateDict().get("parametrizations.weight.original0"),
                    v = layer.stateDict().get("parametrizations.weight.original1");
            assertThat(g.shape()).containsExactly(4, 1, 1, 1);
            g.detach().fill_(2);
            Tensor w = layer.weight().detach().flatten(1, -1);
            assertThat(w.pow(2).sum(1).sqrt().allClose(Torch.full(new long[] {4}, 2.0))).isTrue();
            assertThat(Torch.ones(4).allClose(w.mul(v.detach().flatten(1, -1)).sum(1).div(v.detach().flatten(1, -1).pow(2).sum(1).sqrt()
                    .mul(2)))).isTrue();
            Tensor x = Torch.randn(2, 1, 3), before = lstm.forward(x);
            Parametrizations.weightNorm(lstm, "weight_hh_l0", 0);
            assertThat(lstm.forward(x).allClose(before)).isTrue();
            lstm.stateDict().get("parametrizations.weight_hh_l0.original0").detach().zero_();
            assertThat(lstm.forward(x).allClose(before)).isFalse();
            Parametrize.removeParametrizations(lstm, "weight_hh_l0");
            assertThat(lstm.parameter("weight_hh_l0").abs().sum().itemDouble()).isZero();
            assertThatThrownBy(() -> Parametrize.removeParametrizations(layer, "weight", false)).hasMessageContaining("from 2 tensors");
        }
    }

    @Test void weights_of_the_older_weight_norm_are_loaded() {
        try (var net = new Sequential(Parametrizations.weightNorm(new Linear(2, 1, false))); var scope = Scope.open()) {
            net.loadStateDict(Map.of("0.weight_g", Torch.full(new long[] {1, 1}, 10.0), "0.weight_v",
                    Torch.tensor(new float[] {3, 4}, 1, 2)));
            assertThat(net.get(0).parameter("weight").toFloatArray()).containsExactly(6, 8);
        }
    }

    @Test void spectral_norm_makes_the_largest_singular_value_one() {
        try (var layer = Parametrizations.spectralNorm(new Linear(6, 4)); var turned = new ConvTranspose2d(2, 3, 2);
                var scope = Scope.open()) {
            for (int i = 0; i < 60; i++) layer.call(Torch.ones(6));
            assertThat(Linalg.svdvals(layer.weight()).max().itemDouble()).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-4));
            layer.eval();
            Tensor u = layer.stateDict().get("parametrizations.weight.0._u"), before = u.clone();
            layer.call(Torch.ones(6));
            assertThat(u.torchEquals(before)).isTrue();
            Parametrizations.spectralNorm(turned);
            assertThat(turned.stateDict().get("parametrizations.weight.0._u").shape()).containsExactly(3);
            // two uses before one backward pass, as of a discriminator
            layer.train();
            layer.call(Torch.ones(6)).sum().sub(layer.call(Torch.zeros(6)).sum()).backward();
            assertThat(layer.stateDict().get("parametrizations.weight.original").grad()).isNotNull();
        }
    }

    @Test void orthogonal_matrices_are_orthogonal_and_start_from_the_nearest_or_the_assigned_one() {
        for (OrthogonalMap map : OrthogonalMap.values()) for (long[] shape : new long[][] {{4, 4}, {3, 5}, {5, 3}}) {
            try (var layer = new Linear(shape[1], shape[0]); var scope = Scope.open()) {
                Parametrizations.orthogonal(layer, "weight", map, true);
                layer.stateDict().get("parametrizations.weight.original").detach().add_(Torch.randn(shape).mul(0.1).tril(-1));
                Tensor w = layer.weight().detach(), tall = shape[0] < shape[1] ? w.mT() : w;
                Tensor one = Torch.eye(Math.min(shape[0], shape[1]));
                assertThat(tall.mT().matmul(tall).allClose(one, 1e-4, 1e-5)).as(map + " " + List.of(shape[0], shape[1])).isTrue();
                Tensor given = Linalg.qr(Torch.randn(Math.max(shape[0], shape[1]), Math.min(shape[0], shape[1]))).Q();
                if (shape[0] < shape[1]) given = given.mT();
                Parametrize.parametrizations(layer, "weight").assign(given);
                Tensor now = layer.weight().detach();
                Tensor near = shape[0] == shape[1] ? now : now.mul(given.mul(now).sum().sign()); // its columns up to signs
                assertThat(near.abs().allClose(given.abs(), 1e-4, 1e-5)).as(map + " " + List.of(shape[0], shape[1])).isTrue();
            }
        }
    }
}
