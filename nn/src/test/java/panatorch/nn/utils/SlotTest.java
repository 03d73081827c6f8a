package panatorch.nn.utils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class SlotTest {
    @Test void a_tensor_outlives_the_scope_of_its_step_and_the_one_before_is_freed() {
        try (var state = new Slot(Torch.zeros(2))) {
            for (int i = 0; i < 3; i++) {
                Tensor before = state.get();
                try (var scope = Scope.open()) {
                    state.set(before.add(1));
                }
                assertThat(before.isClosed()).isTrue();
            }
            assertThat(state.get().toFloatArray()).containsExactly(3, 3);
        }
    }

    @Test void a_tensor_that_stays_is_not_freed() {
        try (var state = new Slot(Torch.zeros(2), Torch.ones(2)); var scope = Scope.open()) {
            Tensor kept = state.get(1);
            state.set(kept, Torch.full(new long[] {2}, 5.0));
            assertThat(state.get(0)).isSameAs(kept);
            assertThat(kept.toFloatArray()).containsExactly(1, 1);
            assertThatThrownBy(state::get).isInstanceOf(IllegalStateException.class).hasMessageContaining("get(i)");
        }
    }
}
