package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class CopyTest {
    @Test void a_copy_has_the_same_numbers_in_memory_of_its_own_and_draws_none() {
        try (var net = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Dropout()); var scope = Scope.open()) {
            net.call(Torch.randn(2, 1, 4, 4));
            net.to(DType.FLOAT64).requiresGrad(false).eval();
            Torch.manualSeed(1);
            double expected = Torch.rand(1).itemDouble();
            Torch.manualSeed(1);
            try (var copy = Module.copyOf(net)) {
                assertThat(Torch.rand(1).itemDouble()).isEqualTo(expected);
                assertThat(copy).hasToString(net.toString());
                assertThat(copy.isTraining()).isFalse();
                copy.stateDict().forEach((name, t) -> assertThat(t.torchEquals(net.stateDict().get(name))).as(name).isTrue());
                assertThat(copy.parameters()).noneMatch(Tensor::requiresGrad).allMatch(t -> t.dtype() == DType.FLOAT64);
                copy.parameters().getFirst().fill_(9);
                assertThat(net.parameters().getFirst().max().itemDouble()).isLessThan(9);
            }
        }
    }

    @Test void shared_weights_count_once_are_saved_twice_and_stay_shared_in_a_copy() {
        try (var net = new Sequential(new Linear(2, 2, false), new Linear(2, 2, false)); var scope = Scope.open()) {
            net.get(1).setParameter("weight", net.get(0).parameter("weight"));
            assertThat(net.namedParameters()).containsOnlyKeys("0.weight");
            assertThat(net.stateDict()).containsOnlyKeys("0.weight", "1.weight");
            assertThat(net.parameterCount()).isEqualTo(4);
            try (var copy = Module.copyOf(net)) {
                assertThat(copy.get(1).parameter("weight")).isSameAs(copy.get(0).parameter("weight"))
                        .isNotSameAs(net.get(0).parameter("weight"));
            }
        }
    }

    @Test void a_module_that_cannot_make_another_says_so() {
        class Own extends Module {}
        try (var own = new Own()) {
            assertThatThrownBy(() -> Module.copyOf(own)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("Own cannot be copied: it does not override recreate()");
        }
    }

    @Test void buffers_that_are_not_persistent_move_with_the_module_but_are_not_saved() {
        class Own extends Module {
            Own() {
                buffer("kept", Torch.ones(1));
                buffer("scratch", Torch.ones(1), false);
                parameter("absent", null);
            }
        }
        try (var own = new Own()) {
            own.to(DType.FLOAT64);
            assertThat(own.stateDict()).containsOnlyKeys("kept");
            assertThat(own.namedBuffers()).containsOnlyKeys("kept", "scratch");
            assertThat(own.buffer("scratch").dtype()).isEqualTo(DType.FLOAT64);
            assertThat(own.namedParameters()).isEmpty();
        }
    }
}
