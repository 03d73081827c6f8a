package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.junit.NoTensorLeaks;

/** Operators that compute with one OpenBLAS thread where several would only wait for each other: the same results with any number. */
@NoTensorLeaks
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SerialKernelTest {
    private static int threads;

    @BeforeAll static void remember() { threads = Torch.numThreads(); }

    @AfterAll static void restore() { Torch.setNumThreads(threads); }

    private static List<Tensor> with(int number, Supplier<List<Tensor>> operator) {
        Torch.setNumThreads(number);
        return operator.get();
    }

    /** Compares the results of an operator with one thread and with several. */
    private static void assertSame(String what, Supplier<List<Tensor>> operator) {
        List<Tensor> one = with(1, operator), several = with(3, operator);
        for (int i = 0; i < one.size(); i++)
            assertThat(several.get(i).sub(one.get(i)).abs().max().itemDouble()).as(what + ", result " + i)
                    .isLessThan(1e-10 * (1 + one.get(i).abs().max().itemDouble()));
    }

    private static List<Tensor> tensors(String operator, Object... arguments) {
        return Operators.call(operator, arguments).stream().filter(Tensor.class::isInstance).map(Tensor.class::cast)
                .filter(t -> t.numel() > 0).toList();
    }

    @Test void decompositions_of_small_and_large_matrices_which_call_each_other() {
        try (var scope = Scope.open()) {
            for (long[] shape : new long[][] {{300, 40}, {40, 40}, {300, 300}, {20, 8, 8}, {5, 40, 20}}) {
                Tensor a = Torch.randn(DType.FLOAT64, shape);
                Tensor b = a.narrow(-1, 0, 3);
                assertSame("qr", () -> tensors("aten::linalg_qr", a));
                assertSame("lstsq", () -> tensors("aten::linalg_lstsq", a, b, null, "gelsd").subList(0, 1));
                assertSame("lstsq by qr", () -> tensors("aten::linalg_lstsq", a, b).subList(0, 1));
                assertSame("singular values", () -> tensors("aten::linalg_svdvals", a));
                if (shape[shape.length - 1] != shape[shape.length - 2]) continue;
                assertSame("inverse", () -> tensors("aten::linalg_inv", a));
                assertSame("solution", () -> tensors("aten::linalg_solve", a, b));
            }
        }
    }

    @Test void convolutions_in_float64_of_one_and_of_several_images() {
        try (var scope = Scope.open()) {
            for (int n : new int[] {1, 2, 7}) {
                Tensor x = Torch.randn(DType.FLOAT64, n, 4, 12, 12).requiresGrad_(true),
                        w = Torch.randn(DType.FLOAT64, 4, 4, 3, 3).requiresGrad_(true);
                for (String operator : List.of("aten::conv2d", "aten::conv_transpose2d.input")) {
                    Supplier<Tensor> convolve = () -> tensors(operator, x, w).getFirst();
                    assertSame(operator, () -> List.of(convolve.get().detach()));
                    assertSame("gradients of " + operator, () -> Autograd.grad(convolve.get().square().sum(), x, w));
                }
            }
        }
    }

    @Test void recurrent_layers_of_short_and_long_steps() {
        try (var scope = Scope.open()) {
            for (int n : new int[] {1, 3, 200}) {
                long h = 40;
                Tensor x = Torch.randn(5, n, h).requiresGrad_(true), zero = Torch.zeros(1, n, h);
                List<Tensor> weights = List.of(Torch.randn(4 * h, h).mul(0.1).requiresGrad_(true),
                        Torch.randn(4 * h, h).mul(0.1).requiresGrad_(true), Torch.zeros(4 * h), Torch.zeros(4 * h));
                Supplier<Tensor> layer = () -> (Tensor) Operators.call("aten::lstm.input", x, List.of(zero, zero), weights, true, 1, 0.0,
                        true, false, false).getFirst();
                assertClose("lstm of " + n, () -> List.of(layer.get().detach()));
                assertClose("gradients of lstm of " + n, () -> Autograd.grad(layer.get().square().sum(), x, weights.get(0)));
            }
        }
    }

    private static void assertClose(String what, Supplier<List<Tensor>> operator) {
        List<Tensor> one = with(1, operator), several = with(3, operator);
        for (int i = 0; i < one.size(); i++)
            assertThat(several.get(i).allClose(one.get(i), 1e-4, 1e-5)).as(what + ", result " + i).isTrue();
        assertThat(Torch.numThreads()).as("threads of the calls that follow").isEqualTo(3);
    }
}
