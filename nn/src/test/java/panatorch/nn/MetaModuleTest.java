package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class MetaModuleTest {
    private static Sequential network() {
        var net = new Sequential(new Linear(3, 3), new BatchNorm1d(3), new Linear(3, 3));
        net.get(2).setParameter("weight", net.get(0).parameter("weight"));
        net.get(1).requiresGrad(false);
        return net;
    }

    @Test void on_the_meta_device_a_module_computes_shapes_and_keeps_ties_and_gradients() {
        try (var net = network(); var scope = Scope.open()) {
            net.call(Torch.randn(2, 3)).sum().backward();
            Tensor before = net.get(0).parameter("weight");
            assertThat(net.to(Device.META)).isSameAs(net);
            assertThat(net.stateDict().values()).allMatch(t -> t.device().equals(Device.META));
            assertThat(before.isClosed()).isTrue();
            Tensor weight = net.get(0).parameter("weight");
            assertThat(net.get(2).parameter("weight")).isSameAs(weight);
            assertThat(weight.requiresGrad()).isTrue();
            assertThat(weight.isLeaf()).isTrue();
            assertThat(weight.grad().device()).isEqualTo(Device.META);
            assertThat(net.get(1).parameter("weight").requiresGrad()).isFalse();
            assertThat(net.get(2).call(Torch.randn(2, 3).to(Device.META)).shape()).containsExactly(2, 3);
            net.to(Device.META);
            assertThat(net.get(0).parameter("weight")).isSameAs(weight);
        }
    }

    @Test void from_the_meta_device_a_module_gets_memory_but_no_values() {
        try (var source = network(); var net = network(); var scope = Scope.open()) {
            net.to(Device.META);
            assertThatThrownBy(() -> net.to(Device.CPU)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("Cannot copy out of meta tensor; no data!").hasMessageContaining("toEmpty");
            net.toEmpty(Device.CPU).loadStateDict(source.stateDict());
            net.eval();
            source.eval();
            Tensor x = Torch.randn(2, 3);
            assertThat(net.call(x).torchEquals(source.call(x))).isTrue();
            assertThat(net.get(2).parameter("weight")).isSameAs(net.get(0).parameter("weight"));
            assertThat(net.parameters()).hasSameSizeAs(source.parameters());
        }
    }

    @Test void elsewhere_the_tensors_stay_the_same_objects() {
        try (var net = network(); var scope = Scope.open()) {
            var before = net.parameters();
            net.call(Torch.randn(2, 3)).sum().backward();
            net.toEmpty(Device.CPU);
            assertThat(net.parameters()).containsExactlyElementsOf(before).allMatch(p -> p.grad() == null);
        }
    }

    /** Python's {@code with torch.device("meta"): net = …}, then {@code to_empty} and {@code load_state_dict}. */
    @Test void a_module_that_is_made_on_the_meta_device_takes_no_memory_until_it_is_loaded() {
        try (var source = network(); var scope = Scope.open()) {
            Sequential made;
            try (var on = Device.META.asDefault()) {
                made = network();
            }
            try (var net = made) {
                assertThat(net.stateDict().values()).allMatch(t -> t.device().equals(Device.META));
                net.toEmpty(Device.CPU).loadStateDict(source.stateDict());
                Tensor x = Torch.randn(2, 3);
                assertThat(net.call(x).torchEquals(source.call(x))).isTrue();
            }
        }
    }
}
