package panatorch.nn.utils.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.utils.parametrizations.Parametrizations;
import panatorch.optim.SGD;

/** Pruned weights are zero in every forward and stay so in training; the numbers here are small enough to check by hand. */
@NoTensorLeaks
class PruneTest {
    private static Linear layer(float... weight) {
        var layer = new Linear(weight.length / 2, 2, false);
        try (var scope = Scope.open()) {
            layer.weight().detach().copy_(Torch.tensor(weight, 2, weight.length / 2));
        }
        return layer;
    }

    /** Returns the elements, with 0 for −0, which a mask makes of negative ones. */
    private static float[] values(Tensor t) {
        return t.add(0).toFloatArray();
    }

    @Test void the_smallest_weights_are_zero_and_stay_zero_in_training() {
        try (var layer = layer(3, -1, 2, -5, 4, 0.5f); var scope = Scope.open()) {
            Tensor original = layer.weight();
            try (var sgd = new SGD(layer.parameters(), SGD.options(0.1))) {
                assertThat(Prune.l1Unstructured(layer, "weight", 0.5)).isSameAs(layer);
                assertThat(layer.stateDict().keySet()).containsExactly("weight_orig", "weight_mask");
                assertThat(layer.parameter("weight_orig")).isSameAs(original);
                assertThat(values(layer.weight())).containsExactly(3, 0, 0, -5, 4, 0);
                layer.call(Torch.ones(1, 3)).sum().backward();
                assertThat(original.grad().toFloatArray()).containsExactly(1, 0, 0, 1, 1, 0);
                sgd.step();
                assertThat(values(layer.weight())).containsExactly(2.9f, 0, 0, -5.1f, 3.9f, 0);
            }
            Prune.remove(layer, "weight");
            assertThat(layer.weight()).isSameAs(original);
            assertThat(values(original)).containsExactly(2.9f, 0, 0, -5.1f, 3.9f, 0);
            assertThat(layer.stateDict().keySet()).containsExactly("weight");
            assertThatThrownBy(() -> Prune.remove(layer, "weight")).hasMessage(
                    "'weight' of Linear is not pruned, so there is nothing to remove");
        }
    }

    @Test void a_further_pruning_chooses_among_what_is_left() {
        try (var layer = layer(3, -1, 2, -5, 4, 0.5f); var scope = Scope.open()) {
            Prune.l1Unstructured(layer, "weight", 2L);
            Prune.l1Unstructured(layer, "weight", 0.5);
            assertThat(values(layer.weight())).containsExactly(0, 0, 0, -5, 4, 0);
            Prune.lnStructured(layer, "weight", 1L, Double.POSITIVE_INFINITY, 1);
            assertThat(values(layer.weight())).containsExactly(0, 0, 0, -5, 0, 0);
        }
    }

    @Test void channels_are_pruned_by_their_norm_or_at_random() {
        try (var layer = layer(3, -1, 2, -5, 4, 0.5f); var random = layer(1, 1, 1, 1, 1, 1, 1, 1); var scope = Scope.open()) {
            Prune.lnStructured(layer, "weight", 1L, 1, 0); // 6 and 9.5
            assertThat(values(layer.weight())).containsExactly(0, 0, 0, -5, 4, 0.5f);
            Prune.randomStructured(random, "weight", 0.5, 1);
            assertThat(random.weight().sum(0).sort().values().toFloatArray()).containsExactly(0, 0, 2, 2);
            Prune.randomUnstructured(random, "weight", 3L);
            assertThat(random.weight().sum().itemDouble()).isEqualTo(1);
        }
    }

    @Test void several_parameters_are_pruned_together() {
        try (var net = new Sequential(layer(1, 2, 3, 4), layer(5, -6, 0.5f, -0.1f)); var scope = Scope.open()) {
            assertThat(Prune.isPruned(net)).isFalse();
            Prune.globalUnstructured(List.of(new Prune.Target(net.get(0), "weight"), new Prune.Target(net.get(1), "weight")),
                    PruningMethod.l1Unstructured(0.5));
            assertThat(values(net.get(0).parameter("weight"))).containsExactly(0, 0, 3, 4);
            assertThat(values(net.get(1).parameter("weight"))).containsExactly(5, -6, 0, 0);
            assertThat(Prune.isPruned(net)).isTrue();
            assertThatThrownBy(() -> Prune.globalUnstructured(List.of(), PruningMethod.lnStructured(1L, 2, 0)))
                    .hasMessageContaining("not STRUCTURED");
        }
    }

    @Test void importance_and_masks_can_be_given() {
        try (var layer = layer(1, 2, 3, 4); var scope = Scope.open()) {
            Prune.apply(layer, "weight", PruningMethod.l1Unstructured(1L), Torch.tensor(new float[] {9, 9, 9, 0}, 2, 2));
            assertThat(values(layer.weight())).containsExactly(1, 2, 3, 0);
            Prune.customFromMask(layer, "weight", Torch.tensor(new float[] {0, 1, 1, 1}, 2, 2));
            assertThat(values(layer.weight())).containsExactly(0, 2, 3, 0);
            Prune.identity(layer, "weight");
            assertThat(layer.buffer("weight_mask").toFloatArray()).containsExactly(0, 1, 1, 0);
            assertThatThrownBy(() -> Prune.customFromMask(layer, "weight", Torch.ones(2))).hasMessageContaining("the mask is float32 [2]");
        }
    }

    @Test void a_copy_is_pruned_alike() {
        try (var layer = layer(1, 2, 3, 4); var scope = Scope.open()) {
            Prune.l1Unstructured(layer, "weight", 0.5);
            try (var copy = Module.copyOf(layer)) {
                layer.parameter("weight_orig").detach().fill_(7);
                assertThat(values(copy.weight())).containsExactly(0, 0, 3, 4);
                Prune.remove(copy, "weight");
                assertThat(copy.stateDict().keySet()).containsExactly("weight");
            }
        }
    }

    @Test void wrong_amounts_and_parametrized_weights_are_refused() {
        try (var layer = layer(1, 2, 3, 4); var normed = Parametrizations.weightNorm(layer(1, 2, 3, 4))) {
            assertThatThrownBy(() -> Prune.l1Unstructured(layer, "weight", 1.5)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the part to prune has to be between 0.0 and 1.0, not 1.5");
            assertThatThrownBy(() -> Prune.l1Unstructured(layer, "weight", 5L)).hasMessageContaining("there are 4 elements");
            assertThatThrownBy(() -> Prune.lnStructured(layer, "weight", 1L, 2, 2)).hasMessageContaining("no dimension 2");
            assertThat(layer.stateDict().keySet()).containsExactly("weight");
            assertThatThrownBy(() -> Prune.l1Unstructured(normed, "weight", 0.5)).hasMessageContaining("computed by a parametrization");
            Prune.l1Unstructured(layer, "weight", 1L);
            assertThatThrownBy(() -> Parametrizations.weightNorm(layer)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'weight' of Linear is computed already, as a pruned weight is");
            assertThat(layer.stateDict().keySet()).containsExactly("weight_orig", "weight_mask");
        }
    }
}
