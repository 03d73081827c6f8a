package panatorch.nn.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.BackendFlag;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class SdpaKernelTest {
    /** Numbers of libtorch's {@code SDPBackend}, which {@code _fused_sdp_choice} returns. */
    private static final long MATH = 0, FLASH = 1;

    private static long chosen(Tensor q) { return Aten._fusedSdpChoice(q, q, q); }

    @Test void the_formula_is_chosen_where_only_it_is_allowed() {
        try (var scope = Scope.open()) {
            Tensor q = Torch.randn(1, 2, 16, 8);
            assertThat(chosen(q)).isEqualTo(FLASH);
            Tensor flash = Aten.scaledDotProductAttention(q, q, q);
            try (var only = SdpaKernel.only(BackendFlag.MATH_SDP)) {
                assertThat(chosen(q)).isEqualTo(MATH);
                assertThat(Aten.allclose(Aten.scaledDotProductAttention(q, q, q), flash, 1e-5, 1e-6)).isTrue();
            }
            assertThat(chosen(q)).as("after it").isEqualTo(FLASH);
        }
    }

    @Test void kernels_that_the_cpu_lacks_are_an_error_of_libtorch() {
        try (var scope = Scope.open(); var only = SdpaKernel.only(BackendFlag.MEM_EFFICIENT_SDP)) {
            Tensor q = Torch.randn(1, 2, 16, 8);
            assertThatThrownBy(() -> Aten.scaledDotProductAttention(q, q, q)).isInstanceOf(TorchException.class);
        }
    }

    @Test void other_switches_are_refused() {
        assertThatThrownBy(() -> SdpaKernel.only(BackendFlag.CUDNN)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("FLASH_SDP");
        assertThatThrownBy(SdpaKernel::only).isInstanceOf(IllegalArgumentException.class);
    }
}
