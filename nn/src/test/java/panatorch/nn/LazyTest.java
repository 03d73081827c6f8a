package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.SGD;

@NoTensorLeaks
class LazyTest {
    private static Sequential lazyNet() {
        return new Sequential(Lazy.of(x -> new Conv2d(x.size(1), 4, 3)), Lazy.of(x -> new BatchNorm2d(x.size(1))), new Flatten(),
                Lazy.of(x -> new Linear(x.size(1), 2)));
    }

    private static Sequential plainNet() {
        return new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4), new Flatten(), new Linear(4 * 4 * 4, 2));
    }

    @Test void the_first_call_creates_what_a_network_of_known_sizes_has() {
        try (var scope = Scope.open(); var lazy = lazyNet()) {
            Tensor x = Torch.randn(2, 3, 6, 6);
            Torch.manualSeed(1);
            Tensor y = lazy.call(x);
            Torch.manualSeed(1);
            try (var plain = plainNet()) {
                assertThat(Aten.equal(plain.call(x), y)).isTrue();
                assertThat(lazy.stateDict().keySet()).containsExactlyElementsOf(plain.stateDict().keySet());
                lazy.loadStateDict(plain.stateDict());
                plain.eval();
                lazy.eval();
                assertThat(Aten.equal(plain.call(x), lazy.call(x))).as("the mode reaches what was created").isTrue();
            }
        }
    }

    @Test void an_optimiser_trains_what_was_created() {
        try (var scope = Scope.open(); var net = lazyNet()) {
            Tensor x = Torch.randn(4, 3, 6, 6);
            net.call(x);
            Tensor before = net.submodule("3").parameter("weight").clone();
            try (var sgd = new SGD(net.parameters(), SGD.options(0.1))) {
                net.call(x).square().sum().backward();
                sgd.step();
            }
            assertThat(Aten.equal(before, net.submodule("3").parameter("weight"))).isFalse();
        }
    }

    @Test void before_the_first_call_no_parameters_can_be_missed() {
        try (var net = lazyNet()) {
            for (Runnable use : new Runnable[] {net::parameters, net::stateDict, () -> net.loadStateDict(Map.of(), false)})
                assertThatThrownBy(use::run).isInstanceOf(IllegalStateException.class).hasMessageContaining("before its first call");
            assertThat(net.to(DType.FLOAT64).eval()).as("what needs no tensors works").hasToString(net.toString());
            assertThat(net.toString()).contains("not created yet");
        }
    }

    @Test void a_copy_has_values_of_its_own() {
        try (var scope = Scope.open(); var net = lazyNet()) {
            Tensor x = Torch.randn(2, 3, 6, 6);
            net.call(x);
            net.eval();
            Tensor y = net.call(x);
            try (var copy = Module.copyOf(net)) {
                assertThat(Aten.equal(copy.call(x), y)).isTrue();
                net.submodule("3").setParameter("bias", Torch.ones(2).mul(100));
                assertThat(Aten.equal(copy.call(x), y)).isTrue();
                assertThat(Aten.equal(net.call(x), y)).as("a parameter that was set is used").isFalse();
            }
        }
    }

    @Test void a_copy_of_what_was_not_called_is_created_by_its_own_first_call() {
        try (var scope = Scope.open(); var net = lazyNet(); var copy = Module.copyOf(net)) {
            copy.call(Torch.randn(2, 3, 6, 6));
            assertThat(((Lazy) copy.submodule("3")).isCreated()).isTrue();
            assertThat(((Lazy) net.submodule("3")).isCreated()).isFalse();
        }
    }
}
