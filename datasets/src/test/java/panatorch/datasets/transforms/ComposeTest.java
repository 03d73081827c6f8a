package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ComposeTest {
    @Test void transforms_are_applied_in_order_and_only_the_last_result_stays() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor batch = Torch.ones(DType.FLOAT32, 1, 1, 1, 1);
            long before = Torch.liveTensors();
            Tensor result = Compose.of((x, r) -> x.add(1), (x, r) -> x.mul(10)).apply(batch, g);
            assertThat(result.toFloatArray()).containsExactly(20);
            assertThat(Torch.liveTensors()).isEqualTo(before + 1);
        }
    }

    @Test void without_transforms_the_batch_itself_is_the_result() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor batch = Torch.ones(DType.FLOAT32, 1, 1, 1, 1);
            assertThat(Compose.of().apply(batch, g)).isSameAs(batch);
            assertThat(batch.isClosed()).isFalse();
        }
    }

    @Test void the_same_generator_state_gives_the_same_result() {
        var both = Compose.of(new RandomCrop(4, 2), new RandomHorizontalFlip(0.5));
        try (var scope = Scope.open(); var a = Generator.of(7); var b = Generator.of(7); var c = Generator.of(8)) {
            Tensor batch = panatorch.Aten.rand(new long[] {20, 1, 4, 4}, c);
            float[] first = both.apply(batch, a).toFloatArray();
            assertThat(both.apply(batch, b).toFloatArray()).isEqualTo(first);
            assertThat(both.apply(batch, c).toFloatArray()).isNotEqualTo(first);
        }
    }
}
