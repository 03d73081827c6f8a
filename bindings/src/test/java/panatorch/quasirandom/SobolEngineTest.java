package panatorch.quasirandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;

/** Points of Python's {@code torch.quasirandom.SobolEngine(3)} and {@code SobolEngine(3, scramble=True, seed=7)}. */
@NoTensorLeaks
class SobolEngineTest {
    @Test void points_are_those_of_python() {
        try (var scope = Scope.open(); var sobol = new SobolEngine(3)) {
            assertThat(sobol.draw(4).toFloatArray()).containsExactly(0, 0, 0, 0.5f, 0.5f, 0.5f, 0.75f, 0.25f, 0.25f, 0.25f, 0.75f, 0.75f);
            assertThat(sobol.fastForward(3).draw(2).toFloatArray()).containsExactly(0.125f, 0.625f, 0.375f, 0.1875f, 0.3125f, 0.9375f);
            assertThat(sobol.generated()).isEqualTo(9);
        }
    }

    @Test void scrambled_points_are_those_of_python() {
        try (var scope = Scope.open(); var sobol = new SobolEngine(3, true, 7L)) {
            assertThat(sobol.draw(3).toFloatArray()).containsExactly(0.19947312772274017f, 0.17093220353126526f, 0.7493569254875183f,
                    0.6922082901000977f, 0.7114949226379395f, 0.48982980847358704f, 0.8505491018295288f, 0.2962706387042999f,
                    0.7879806160926819f);
            assertThat(sobol.draw(2, DType.FLOAT64).toDoubleArray()).containsExactly(0.3578137122094631, 0.8368962975218892,
                    0.043117509223520756, 0.40191917680203915, 0.37849323358386755, 0.3494613440707326);
        }
    }

    @Test void one_by_one_after_a_reset_and_at_once_are_the_same() {
        try (var scope = Scope.open(); var sobol = new SobolEngine(5)) {
            Tensor together = sobol.drawBase2(3);
            sobol.reset();
            for (int i = 0; i < 8; i++) assertThat(sobol.draw(1).get(0).torchEquals(together.get(i))).as("point %d", i).isTrue();
            sobol.reset().fastForward(6);
            assertThat(sobol.draw(2).torchEquals(together.narrow(0, 6, 2))).isTrue();
        }
    }

    @Test void what_makes_no_sequence_is_refused() {
        assertThatThrownBy(() -> new SobolEngine(0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("21201");
        try (var scope = Scope.open(); var sobol = new SobolEngine(1)) {
            sobol.draw(3);
            assertThatThrownBy(() -> sobol.drawBase2(2)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3 + 2^2 is 7");
            assertThatThrownBy(() -> sobol.draw(0)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
