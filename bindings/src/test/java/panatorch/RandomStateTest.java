package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class RandomStateTest {
    @Test void what_is_drawn_within_a_fork_changes_nothing_after_it() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(1);
            Tensor expected = Torch.randn(5);
            Torch.manualSeed(1);
            try (var fork = Generator.fork()) {
                Torch.manualSeed(9);
                assertThat(Torch.randn(5).torchEquals(expected)).isFalse();
            }
            assertThat(Torch.randn(5).torchEquals(expected)).isTrue();
        }
    }

    @Test void a_generator_tells_its_seed() {
        Torch.manualSeed(42);
        try (var global = Generator.global(); var own = Generator.of(7)) {
            assertThat(global.initialSeed()).isEqualTo(42);
            assertThat(own.initialSeed()).isEqualTo(7);
            long seed = own.seed();
            assertThat(own.initialSeed()).isEqualTo(seed).isNotEqualTo(7);
        }
    }

    @Test void shapes_are_broadcast_as_tensors_are() {
        try (var scope = Scope.open()) {
            long[][][] cases = {{{2, 3}, {3}}, {{5, 1, 4}, {1, 3, 1}, {4}}, {{}, {2}}, {{0, 1}, {1, 3}}, {{7}}};
            for (long[][] shapes : cases) {
                Tensor sum = Torch.zeros(DType.FLOAT32);
                for (long[] shape : shapes) sum = sum.add(Torch.zeros(DType.FLOAT32, shape));
                assertThat(Torch.broadcastShapes(shapes)).containsExactly(sum.shape());
            }
            assertThat(Torch.broadcastShapes()).isEmpty();
            assertThatThrownBy(() -> Torch.broadcastShapes(new long[] {2, 3}, new long[] {2, 2}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dimension -1 is 3 and 2");
        }
    }
}
