package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** {@code bmm} of many small matrices, which does not go through libtorch's kernel: any strides, types and modes, gradients, errors. */
@NoTensorLeaks
class BatchedProductsTest {
    private static void assertProducts(Tensor a, Tensor b) {
        Tensor actual = Aten.bmm(a, b);
        Tensor expected = a.to(DType.FLOAT64).unsqueeze(3).mul(b.to(DType.FLOAT64).unsqueeze(1)).sum(2);
        assertThat(actual.dtype()).isEqualTo(a.dtype());
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.isContiguous()).isTrue();
        assertThat(actual.to(DType.FLOAT64).allClose(expected, 1e-5, 1e-5)).as(List.of(a, b).toString()).isTrue();
    }

    @Test void products_of_any_strides_are_those_of_element_by_element_sums() {
        try (var scope = Scope.open()) {
            for (DType type : List.of(DType.FLOAT32, DType.FLOAT64)) {
                Tensor a = Torch.randn(20, 9, 12).to(type), b = Torch.randn(20, 12, 7).to(type), wide = Torch.randn(20, 18, 24).to(type);
                assertProducts(a, b);
                assertProducts(Torch.randn(20, 12, 9).to(type).transpose(1, 2), Torch.randn(20, 7, 12).to(type).transpose(1, 2));
                assertProducts(wide.slice(1, 0L, 9L, 1).slice(2, 3L, 15L, 1), b);
                assertProducts(wide.slice(1, 0L, 18L, 2).slice(2, 0L, 24L, 2), b);
                assertProducts(a.slice(0, 0L, 20L, 3), b.slice(0, 0L, 20L, 3));
                assertProducts(a.select(0, 1).expand(20, 9, 12), b);
                assertProducts(a.transpose(0, 1), Torch.randn(9, 12, 30).to(type));
                assertProducts(a.select(2, 0).unsqueeze(2).expand(20, 9, 12), b);
                assertProducts(Torch.randn(20, 500, 1).to(type), Torch.randn(20, 1, 3).to(type));
                assertProducts(Torch.randn(20, 1, 500).to(type), Torch.randn(20, 500, 1).to(type));
                assertProducts(Torch.randn(20, 1, 500).to(type), Torch.randn(20, 1, 500).to(type).transpose(1, 2));
                assertProducts(a.flip(0).conj(), b.neg());
            }
        }
    }

    @Test void sizes_on_both_sides_of_the_limits_are_computed() {
        try (var scope = Scope.open()) {
            for (int n : new int[] {1, 7, 8, 64, 65}) assertProducts(Torch.randn(3, n, n), Torch.randn(3, n, n));
            assertThat(Aten.bmm(Torch.randn(0, 9, 9), Torch.randn(0, 9, 9)).shape()).containsExactly(0, 9, 9);
            assertThat(Aten.bmm(Torch.randn(5, 9, 0), Torch.randn(5, 0, 9)).abs().max().itemDouble()).isZero();
            assertProducts(Torch.randn(1, 9, 9), Torch.randn(1, 9, 9));
        }
    }

    @Test void what_was_not_a_number_stays_none_and_what_was_in_the_memory_before_does_not_matter() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.zeros(4, 10, 10), b = Torch.ones(4, 10, 10);
            for (int i = 0; i < 20; i++) Torch.full(new long[] {4, 10, 10}, Double.NaN).close();
            assertThat(Aten.bmm(a, b).abs().max().itemDouble()).isZero();
            a.select(0, 2).fill_(Double.NaN);
            assertThat(Aten.bmm(a, b).isnan().sum().itemLong()).isEqualTo(100);
        }
    }

    @Test void gradients_of_matmul_and_einsum_are_those_of_wide_arithmetic() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.randn(6, 2, 9, 8).requiresGrad_(true), b = Torch.randn(6, 2, 8, 10).requiresGrad_(true);
            Tensor x = a.detach().to(DType.FLOAT64).requiresGrad_(true), y = b.detach().to(DType.FLOAT64).requiresGrad_(true);
            a.matmul(b).tanh().sum().backward();
            x.unsqueeze(4).mul(y.unsqueeze(2)).sum(3).tanh().sum().backward();
            assertThat(a.grad().to(DType.FLOAT64).allClose(x.grad(), 1e-5, 1e-5)).isTrue();
            assertThat(b.grad().to(DType.FLOAT64).allClose(y.grad(), 1e-5, 1e-5)).isTrue();
            Tensor e = Aten.einsum("bhij,bhjk->bhik", List.of(a.detach(), b.detach()));
            assertThat(e.allClose(a.detach().matmul(b.detach()))).isTrue();
        }
    }

    @Test void other_types_and_modes_go_on_as_before() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.randn(6, 9, 9);
            assertThat(Aten.bmm(a.to(DType.BFLOAT16), a.to(DType.BFLOAT16)).dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(Aten.bmm(a.round().to(DType.INT64), a.round().to(DType.INT64)).dtype()).isEqualTo(DType.INT64);
            Tensor c = Aten.complex(a, a);
            assertThat(Aten.bmm(c, c).dtype()).isEqualTo(DType.COMPLEX64);
            try (var inference = InferenceMode.enter()) {
                assertThat(Aten.bmm(a, a).isInference()).isTrue();
            }
            try (var low = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
                assertThat(Aten.bmm(a, a).dtype()).isEqualTo(DType.BFLOAT16);
            }
            Tensor meta = Torch.empty(Device.META, 6, 9, 9);
            assertThat(Aten.bmm(meta, meta).shape()).containsExactly(6, 9, 9);
        }
    }

    @Test void more_threads_than_openblas_has_buffers_multiply_at_once() throws Exception {
        var start = new CountDownLatch(1);
        try (var pool = Executors.newFixedThreadPool(300)) {
            var answers = IntStream.range(0, 300).mapToObj(i -> pool.submit(() -> {
                start.await();
                try (var scope = Scope.open()) {
                    Tensor a = Torch.eye(60).mul(i).expand(40, 60, 60), b = Torch.ones(40, 60, 60);
                    for (int k = 0; k < 20; k++) if (Aten.bmm(a, b).sub(i).abs().max().itemDouble() != 0) return false;
                    return true;
                }
            })).toList();
            start.countDown();
            for (var answer : answers) assertThat(answer.get()).isTrue();
        }
    }

    @Test void what_does_not_fit_is_refused_by_libtorch() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Aten.bmm(Torch.randn(6, 9, 9), Torch.randn(6, 8, 9))).isInstanceOf(TorchException.class)
                    .hasMessageContaining("aten::bmm");
            assertThatThrownBy(() -> Aten.bmm(Torch.randn(6, 9, 9), Torch.randn(5, 9, 9))).isInstanceOf(TorchException.class);
            assertThatThrownBy(() -> Aten.bmm(Torch.randn(6, 9, 9), Torch.randn(6, 9, 9).to(DType.FLOAT64)))
                    .isInstanceOf(TorchException.class);
        }
    }
}
