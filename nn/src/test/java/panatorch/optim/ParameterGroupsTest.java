package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ParameterGroupsTest {
    private static Tensor parameter() { return Torch.tensor(new double[] {1, 2}).requiresGrad_(true); }

    /**
     * Numbers of Python:
     *
     * <pre>
     * a, b, c = (torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True) for _ in range(3))
     * o = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.01, "momentum": 0.5}, {"params": [c], "weight_decay": 0.1}], lr=0.1)
     * for _ in range(2):
     *     o.zero_grad(); (a * a + b * b + c * c).sum().backward(); o.step()
     * </pre>
     */
    @Test void each_group_steps_with_its_own_options() {
        try (var scope = Scope.open()) {
            Tensor a = parameter(), b = parameter(), c = parameter();
            try (SGD o = ParameterGroups.of(SGD.options(0.1)).add(List.of(a)).add(List.of(b), Map.of("lr", 0.01, "momentum", 0.5))
                    .add(List.of(c), g -> g.weightDecay(0.1)).create(SGD::new)) {
                for (int i = 0; i < 2; i++) {
                    o.zeroGrad();
                    a.mul(a).add(b.mul(b)).add(c.mul(c)).sum().backward();
                    o.step();
                }
                assertThat(o.groups()).hasSize(3);
                assertThat(o.groups().get(1).learningRate()).isEqualTo(0.01);
            }
            assertThat(a.toDoubleArray()).containsExactly(new double[] {0.64, 1.28}, within(1e-12));
            assertThat(b.toDoubleArray()).containsExactly(new double[] {0.9504, 1.9008}, within(1e-12));
            assertThat(c.toDoubleArray()).containsExactly(new double[] {0.6241, 1.2482}, within(1e-12));
        }
    }

    @Test void what_is_no_option_or_no_group_is_refused() {
        try (var scope = Scope.open()) {
            Tensor a = parameter();
            var groups = ParameterGroups.of(AdamW.options(1e-3));
            assertThatThrownBy(() -> groups.create(AdamW::new)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no group");
            assertThatThrownBy(() -> groups.add(List.of(a), Map.of("momentum", 0.9))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no option 'momentum' among").hasMessageContaining("weight_decay");
            assertThatThrownBy(() -> groups.add(List.of(a), Map.of("lr", -1.0))).isInstanceOf(IllegalArgumentException.class);
            groups.add(List.of(a)).add(List.of(a));
            assertThatThrownBy(() -> groups.create(AdamW::new)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("appears twice");
        }
    }
}
