package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ModulesTest {
    @Test void linalg_knows_norms_and_inverses() {
        try (var scope = Scope.open()) {
            assertThat(Linalg.norm(Torch.tensor(new double[] {3, 4})).itemDouble()).isEqualTo(5);
            Tensor m = Torch.tensor(new double[] {2, 0, 0, 4}, 2, 2);
            assertThat(Linalg.inv(m).toDoubleArray()).containsExactly(0.5, 0, 0, 0.25);
            assertThat(Linalg.det(m).itemDouble()).isEqualTo(8);
            assertThat(Linalg.matrixNorm(m, "nuc").itemDouble()).isCloseTo(6, within(1e-12));
        }
    }

    @Test void the_fft_of_an_impulse_is_flat() {
        try (var scope = Scope.open()) {
            Tensor spectrum = Fft.rfft(Torch.tensor(new double[] {1, 0, 0, 0}));
            assertThat(spectrum.real().toDoubleArray()).containsExactly(1, 1, 1);
            assertThat(Fft.irfft(spectrum).toDoubleArray()).containsExactly(1, 0, 0, 0);
            assertThat(Fft.fftfreq(4).toDoubleArray()).containsExactly(0, 0.25, -0.5, -0.25);
        }
    }

    @Test void special_functions_have_their_known_values() {
        try (var scope = Scope.open()) {
            assertThat(Special.expit(Torch.scalar(0)).itemDouble()).isEqualTo(0.5);
            assertThat(Special.zeta(Torch.tensor(new double[] {2}), 1).itemDouble()).isCloseTo(Math.PI * Math.PI / 6, within(1e-12));
            assertThat(Special.logNdtr(Torch.tensor(new double[] {0})).itemDouble()).isCloseTo(-Math.log(2), within(1e-12));
        }
    }

    @Test void nn_has_what_python_keeps_there() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new double[] {-1, 0, 1, 2}, 1, 2, 2);
            assertThat(Nn.avgPool2d(x, new long[] {2, 2}).toDoubleArray()).containsExactly(0.5);
            assertThat(Nn.gelu(x).select(1, 1).toDoubleArray()).containsExactly(new double[] {0.8413447460685429, 1.9544997361036416},
                    within(1e-12));
            assertThat(Nn.binaryCrossEntropy(Torch.tensor(new double[] {0.5}), Torch.tensor(new double[] {1})).itemDouble())
                    .isCloseTo(Math.log(2), within(1e-12));
            assertThat(Nn.hardtanh_(x)).isSameAs(x);
        }
    }

    @Test void only_public_names_are_there() {
        assertThat(Stream.of(Linalg.class, Fft.class, Special.class, Nn.class).map(Class::getDeclaredMethods).flatMap(Arrays::stream)
                .map(Method::getName).distinct())
                .hasSizeGreaterThan(190).noneMatch(n -> n.startsWith("_")).doesNotContain("mul")
                .containsAll(List.of("rfftn", "luFactorEx", "i0e", "nllLoss2d", "silu_"));
    }
}
