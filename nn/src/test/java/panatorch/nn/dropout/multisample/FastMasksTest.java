package panatorch.nn.dropout.multisample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class FastMasksTest {
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.3, 0.5, 0.9}) void each_of_the_lanes_of_a_random_number_keeps_at_the_rate(double p) {
        Torch.manualSeed(1);
        try (var scope = Scope.open()) {
            int n = 1 << 18;
            Tensor mask = FastMasks.global().mask(Torch.zeros(DType.FLOAT64, 1), new long[] {n / 4, 4}, p);
            assertThat(mask.requiresGrad()).isFalse();
            for (double rate : mask.gt(0).to(DType.FLOAT64).mean(0).toDoubleArray())
                assertThat(rate).isCloseTo(1 - p, within(5 * Math.sqrt(p * (1 - p) / (n / 4.0)) + 1e-5));
            assertThat(mask.max().itemDouble()).isCloseTo(1 / (1 - p), within(1e-3));
            Tensor centred = mask.sub(1), lanes = centred.t().matmul(centred).div(n / 4.0).mul((1 - p) / p); // the lanes' correlations
            assertThat(lanes.allClose(Torch.eye(4).to(DType.FLOAT64), 0, 5 / Math.sqrt(n / 4.0) + 0.02)).isTrue();
        }
    }

    @Test void they_are_of_any_type_and_shape_and_repeat_with_the_seed() {
        try (var scope = Scope.open(); var generator = Generator.of(3)) {
            for (DType type : new DType[] {DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16}) {
                Tensor like = Torch.zeros(type, 1);
                generator.manualSeed(3);
                Tensor once = FastMasks.of(generator).mask(like, new long[] {3, 1, 7}, 0.4);
                generator.manualSeed(3);
                assertThat(FastMasks.of(generator).mask(like, new long[] {3, 1, 7}, 0.4).torchEquals(once)).isTrue();
                assertThat(once.dtype()).isEqualTo(type);
                assertThat(once.shape()).containsExactly(3, 1, 7);
            }
            Tensor like = Torch.zeros(DType.FLOAT32, 1);
            assertThat(FastMasks.global().mask(like, new long[] {5}, 1).toFloatArray()).containsOnly(0);
            assertThat(FastMasks.global().mask(like, new long[] {0, 5}, 0.5).numel()).isZero();
            assertThat(FastMasks.global().mask(like, new long[] {4}, 1e-9).toFloatArray()).doesNotContain(Float.POSITIVE_INFINITY);
        }
    }
}
