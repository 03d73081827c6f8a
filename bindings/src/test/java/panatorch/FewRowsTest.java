package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** Linear layers of few rows and many weights, which another operator computes: the same results, gradients, modes and errors. */
@NoTensorLeaks
class FewRowsTest {
    private static final long IN = 1100, OUT = 1000;

    private static void assertLinear(Tensor x, Tensor w, @org.jspecify.annotations.Nullable Tensor b) {
        Tensor y = Aten.linear(x, w, b), wide = x.to(DType.FLOAT64).matmul(w.to(DType.FLOAT64).t());
        if (b != null) wide = wide.add(b);
        assertThat(y.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(y.shape()).isEqualTo(wide.shape());
        assertThat(y.sub(wide).abs().max().itemDouble()).isLessThan(1e-5 * wide.abs().max().itemDouble());
    }

    private static Tensor weight() { return Torch.randn(OUT, IN); }

    @Test void results_are_those_of_wide_arithmetic_for_any_number_of_rows_and_dimensions() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor w = weight(), b = Torch.randn(OUT);
            for (int rows : new int[] {0, 1, 2, 3, 8, 16, 17, 40}) {
                if (rows > 0) assertLinear(Torch.randn(rows, IN), w, b);
                assertThat(Aten.linear(Torch.randn(rows, IN), w, b).shape()).containsExactly(rows, OUT);
            }
            assertLinear(Torch.randn(IN), w, b);
            assertLinear(Torch.randn(2, 3, 1, IN), w, null);
            assertLinear(Torch.randn(IN, 3).t(), w, b);
            assertLinear(Torch.randn(2, IN), Torch.randn(IN, OUT).t(), b);
            assertLinear(Torch.randn(2, 2 * IN).narrow(1, IN / 2, IN), w, b);
            assertLinear(Torch.randn(2, IN), w, Torch.randn(2 * OUT).slice(0, 0L, 2 * OUT, 2));
            assertLinear(Torch.randn(1, IN).expand(4, IN), w, b);
            assertLinear(Torch.randn(3, 2, IN).transpose(0, 1), w, b);
            assertLinear(Torch.randn(IN * 4).slice(0, 0L, 4 * IN, 2).view(2, IN), w, b);
        }
    }

    @Test void arguments_stay_as_they_are() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = Torch.randn(2, IN), w = weight(), b = Torch.randn(OUT), before = w.clone();
            Aten.linear(x, w, b);
            Aten.linear(x, w, b);
            assertThat(w.torchEquals(before)).isTrue();
        }
    }

    @Test void gradients_flow_when_one_is_needed_and_only_then() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(2, IN), w = weight().requiresGrad_(true), b = Torch.randn(OUT);
            Aten.linear(x, w, b).sum().backward();
            assertThat(Aten.allclose(w.grad(), x.sum(0).expand(OUT, IN), 1e-4, 1e-4, false)).isTrue();
            try (var noGrad = NoGrad.enter()) {
                assertThat(Aten.linear(x, w, b).requiresGrad()).isFalse();
            }
            w.setGrad(null);
        }
    }

    @Test void autocast_and_inference_mode_hold() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(2, IN), w = weight(), b = Torch.randn(OUT);
            try (var low = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
                assertThat(Aten.linear(x, w, b).dtype()).isEqualTo(DType.BFLOAT16);
            }
            try (var inference = InferenceMode.enter()) {
                assertThat(Aten.linear(x, w, b).isInference()).isTrue();
            }
            assertThat(Aten.linear(x, w, b).isInference()).isFalse();
        }
    }

    @Test void a_virtual_threads_modes_hold() throws Exception {
        var types = new AtomicReference<DType>();
        Thread.ofVirtual().start(() -> {
            try (var scope = Scope.open(); var low = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
                types.set(Aten.linear(Torch.randn(1, IN), weight(), Torch.randn(OUT)).dtype());
            }
        }).join();
        assertThat(types.get()).isEqualTo(DType.BFLOAT16);
    }

    @Test void errors_name_the_layer() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            assertThatThrownBy(() -> Aten.linear(Torch.randn(2, IN + 1), weight(), Torch.randn(OUT))).isInstanceOf(TorchException.class)
                    .hasMessageContaining("aten::linear");
            assertThatThrownBy(() -> Aten.linear(Torch.randn(2, IN), weight(), Torch.randn(OUT + 1))).isInstanceOf(TorchException.class)
                    .hasMessageContaining("aten::linear");
        }
    }
}
