package panatorch.profiler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Options;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Numbers are those that {@code profiler.py} in {@code native-tests} prints with PyTorch 2.13. */
@NoTensorLeaks
class FlopCounterTest {
    @Test void transposed_convolutions_count_as_in_python() {
        try (var scope = Scope.open(); var flops = FlopCounter.start()) {
            Tensor x = Torch.ones(2, 6, 5, 5).requiresGrad_(true), w = Torch.ones(6, 2, 3, 3).requiresGrad_(true);
            Aten.convTranspose2d(x, w, Options.convTranspose2d().stride(2, 2).groups(2)).sum().backward();
            assertThat(flops.byOperator()).isEqualTo(Map.of("aten::convolution", 10_800L, "aten::convolution_backward", 32_400L));
            assertThat(flops.total()).isEqualTo(43_200);
        }
    }

    @Test void products_of_batches_count_as_in_python() {
        try (var scope = Scope.open(); var flops = FlopCounter.start()) {
            Aten.baddbmm(Torch.ones(3, 4, 5), Torch.ones(3, 4, 6), Torch.ones(3, 6, 5));
            assertThat(flops.total()).isEqualTo(720);
            flops.close();
            Torch.ones(2, 2).matmul(Torch.ones(2, 2));
            assertThat(flops.total()).isEqualTo(720);
        }
    }

    @Test void counters_may_be_nested() {
        try (var scope = Scope.open(); var outer = FlopCounter.start()) {
            Torch.ones(2, 3).mm(Torch.ones(3, 4));
            try (var inner = FlopCounter.start()) {
                Torch.ones(2, 3).mm(Torch.ones(3, 4));
                assertThat(inner.total()).isEqualTo(48);
            }
            assertThat(outer.total()).isEqualTo(96);
        }
    }
}
