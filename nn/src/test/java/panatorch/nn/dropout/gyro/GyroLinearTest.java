package panatorch.nn.dropout.gyro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;

/** Unit test 10 of the method's specification (§2.7): block-wise masks and the products without what they drop. */
@NoTensorLeaks
class GyroLinearTest {
    @Test void masks_keep_equally_many_whole_groups_and_differ() {
        try (var schedule = GyroSchedule.of(32, 4, 10, 1); var layer = new Dropout(0.4); var scope = Scope.open()) {
            layer.setMasks(new GyroMasks(schedule, GyroOptions.DEFAULT.group(8)));
            Tensor y = layer.call(Torch.ones(8, 80));
            Tensor bank = ((GyroMasks) layer.masks()).bank(), groups = bank.view(32, 10, 8);
            assertThat(groups.torchEquals(groups.narrow(2, 0, 1).expand(32, 10, 8))).isTrue();
            assertThat(groups.select(2, 0).sum(1L).toFloatArray()).containsOnly(6);
            assertThat(Aten.uniqueDim(bank, 0).result0().size(0)).isEqualTo(32);
            assertThat(y.max().itemFloat()).isEqualTo((float) (1 / 0.6));
        }
    }

    @Test void kept_groups_that_are_not_exactly_one_minus_p_are_scaled_by_what_is_kept() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var layer = new Dropout(0.5); var scope = Scope.open()) {
            layer.setMasks(new GyroMasks(schedule, GyroOptions.DEFAULT.group(4)));
            assertThat(layer.call(Torch.ones(8, 20)).max().itemFloat()).isEqualTo((float) (5 / 3.0)); // 3 of 5
            assertThat(layer.call(Torch.ones(8, 20)).mean().itemFloat()).isEqualTo(1f);
        }
    }

    @ParameterizedTest
    @CsvSource({"16, 4, 8, true", "16, 4, 16, false", "12, 4, 2, true", "5, 1, 4, true",
        "13, 4, 8, true"}) void products_without_what_is_dropped_equal_those_of_masked_features(long batch, int concurrent, int group,
                boolean bias) {
        Torch.manualSeed(1);
        try (var schedule = GyroSchedule.of(6, concurrent, 3, 1); var layer = new Dropout(0.5); var linear = new Linear(48, 20, bias);
                var scope = Scope.open()) {
            linear.to(DType.FLOAT64);
            layer.setMasks(new GyroMasks(schedule, GyroOptions.DEFAULT.group(group)));
            for (int s = 0; s < 3; s++, schedule.advance()) { // the last block has two subnetworks
                Tensor x = Aten.randn(new long[] {batch, 48}, DType.FLOAT64).requiresGrad_(true),
                        weights = Aten.randn(new long[] {batch, 20}, DType.FLOAT64);
                Tensor pruned = GyroLinear.forward(layer, linear, x);
                pruned.mul(weights).sum().backward();
                List<Tensor> of = List.of(x, linear.weight()), actual = of.stream().map(t -> t.grad().clone()).toList();
                of.forEach(t -> t.setGrad(null));
                Tensor masked = linear.call(layer.call(x));
                masked.mul(weights).sum().backward();
                assertThat(pruned.sub(masked).abs().max().itemDouble()).isLessThan(1e-12);
                for (int i = 0; i < 2; i++) assertThat(actual.get(i).sub(of.get(i).grad()).abs().max().itemDouble()).isLessThan(1e-12);
                of.forEach(t -> t.setGrad(null));
            }
            layer.eval();
            Tensor x = Aten.randn(new long[] {batch, 48}, DType.FLOAT64);
            assertThat(GyroLinear.forward(layer, linear, x).torchEquals(linear.call(x))).isTrue();
        }
    }

    @Test void other_masks_are_refused() {
        try (var schedule = GyroSchedule.of(6, 2, 3, 1); var layer = new Dropout(0.5); var linear = new Linear(8, 2);
                var scope = Scope.open()) {
            Tensor x = Torch.randn(4, 8);
            assertThatThrownBy(() -> GyroLinear.forward(layer, linear, x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the dropout layer has no gyro masks");
            layer.setMasks(new GyroMasks(schedule));
            assertThatThrownBy(() -> GyroLinear.forward(layer, linear, x)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("GyroOptions.group");
        }
    }
}
