package panatorch.amp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.SGD;

/** What {@link GradScaler} refuses; its numbers are compared with Python's in {@code native-tests}. */
@NoTensorLeaks
class GradScalerTest {
    @Test void calls_in_a_wrong_order_are_refused() {
        try (var scope = Scope.open(); var scaler = new GradScaler()) {
            Tensor p = Torch.ones(2).requiresGrad_(true);
            try (var sgd = new SGD(List.of(p), SGD.options(0.1))) {
                assertThatThrownBy(() -> scaler.step(sgd)).isInstanceOf(IllegalStateException.class).hasMessageContaining("scale(loss)");
                scaler.scale(p.sum()).backward();
                assertThatThrownBy(scaler::update).isInstanceOf(IllegalStateException.class);
                scaler.unscale_(sgd);
                assertThatThrownBy(() -> scaler.unscale_(sgd)).isInstanceOf(IllegalStateException.class).hasMessageContaining("already");
                scaler.step(sgd);
                assertThatThrownBy(() -> scaler.step(sgd)).isInstanceOf(IllegalStateException.class).hasMessageContaining("update");
                assertThatThrownBy(() -> scaler.unscale_(sgd)).isInstanceOf(IllegalStateException.class).hasMessageContaining("update");
                scaler.update();
                assertThat(p.detach().toFloatArray()).containsExactly(0.9f, 0.9f);
            }
        }
    }

    @Test void an_optimiser_without_gradients_is_refused() {
        try (var scope = Scope.open(); var scaler = new GradScaler();
                var sgd = new SGD(List.of(Torch.ones(2).requiresGrad_(true)), SGD.options(0.1))) {
            scaler.scale(Torch.scalar(1));
            assertThatThrownBy(() -> scaler.step(sgd)).isInstanceOf(IllegalStateException.class).hasMessageContaining("no gradients");
        }
    }

    @Test void gradients_in_float16_are_refused() {
        try (var scope = Scope.open(); var scaler = new GradScaler()) {
            Tensor p = Torch.ones(DType.FLOAT16, 2).requiresGrad_(true);
            try (var sgd = new SGD(List.of(p), SGD.options(0.1))) {
                scaler.scale(p.sum()).backward();
                assertThatThrownBy(() -> scaler.unscale_(sgd)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("float16");
            }
        }
    }

    @Test void impossible_options_and_empty_states_are_refused() {
        assertThatThrownBy(() -> GradScaler.options().growthFactor(1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GradScaler.options().backoffFactor(1)).isInstanceOf(IllegalArgumentException.class);
        try (var scaler = new GradScaler()) {
            assertThatThrownBy(() -> scaler.loadStateDict(Map.of())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not enabled");
        }
    }
}
