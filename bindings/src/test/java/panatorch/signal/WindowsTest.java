package panatorch.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;

/** Numbers of Python: {@code torch.signal.windows.hann(5, sym=True, dtype=torch.float64)} and so on, with tau=2, std=1.5 and beta=4. */
@NoTensorLeaks
class WindowsTest {
    private static void is(Tensor window, double... expected) {
        assertThat(window.toDoubleArray()).containsExactly(expected, within(1e-15));
    }

    @Test void symmetric_windows_are_those_of_python() {
        try (var scope = Scope.open()) {
            Windows w = Windows.symmetric(DType.FLOAT64);
            is(w.hann(5), 0.0, 0.49999999999999994, 1.0, 0.5000000000000001, 0.0);
            is(w.hamming(5), 0.08000000000000007, 0.54, 1.0, 0.5400000000000001, 0.08000000000000007);
            is(w.blackman(5), -1.3877787807814457e-17, 0.3399999999999999, 0.9999999999999999, 0.3400000000000001, -1.3877787807814457e-17);
            is(w.nuttall(5), 0.0003628000000000381, 0.22698239999999995, 1.0, 0.2269824000000001, 0.0003628000000000381);
            is(w.bartlett(5), 0.0, 0.5, 1.0, 0.5, 0.0);
            is(w.cosine(5), 0.3090169943749474, 0.8090169943749475, 1.0, 0.8090169943749475, 0.3090169943749475);
            is(w.exponential(5, 2), 0.36787944117144233, 0.6065306597126334, 1.0, 0.6065306597126334, 0.36787944117144233);
            is(w.gaussian(5, 1.5), 0.41111229050718756, 0.8007374029168081, 1.0, 0.8007374029168081, 0.41111229050718756);
            is(w.kaiser(5, 4), 0.08848052607644988, 0.6334317797559347, 1.0, 0.6334317797559347, 0.08848052607644988);
        }
    }

    @Test void periodic_windows_are_those_of_python() {
        try (var scope = Scope.open()) {
            Windows w = Windows.periodic(DType.FLOAT64);
            is(w.hann(5), 0.0, 0.3454915028125263, 0.9045084971874737, 0.9045084971874737, 0.3454915028125264);
            is(w.hamming(5), 0.08000000000000007, 0.3978521825875242, 0.9121478174124757, 0.9121478174124759, 0.3978521825875243);
            is(w.nuttall(5), 0.0003628000000000381, 0.11051525304987178, 0.7982580969501282, 0.7982580969501283, 0.11051525304987185);
            is(w.bartlett(5), 0.0, 0.4, 0.8, 0.7999999999999999, 0.3999999999999999);
            is(w.cosine(5), 0.25881904510252074, 0.7071067811865475, 0.9659258262890683, 0.9659258262890683, 0.7071067811865476);
            is(w.exponential(5, 2), 0.2865047968601901, 0.4723665527410147, 0.7788007830714049, 0.7788007830714049, 0.4723665527410147);
            is(w.gaussian(5, 1.5), 0.24935220877729633, 0.6065306597126335, 0.9459594689067655, 0.9459594689067654, 0.6065306597126335);
            is(w.kaiser(5, 4), 0.08848052607644988, 0.5085159153920888, 0.932711570032223, 0.932711570032223, 0.5085159153920887);
        }
    }

    @Test void short_windows_are_ones_or_empty() {
        try (var scope = Scope.open()) {
            Windows w = Windows.symmetric(DType.FLOAT32);
            for (Tensor one : new Tensor[] {w.hann(1), w.bartlett(1), w.kaiser(1, 2), w.cosine(1), w.gaussian(1, 1), w.exponential(1, 1)})
                assertThat(one.toFloatArray()).containsExactly(1);
            for (Tensor none : new Tensor[] {w.hann(0), w.bartlett(0), w.kaiser(0, 2), w.cosine(0), w.gaussian(0, 1), w.exponential(0, 1)})
                assertThat(none.shape()).containsExactly(0);
        }
    }

    @Test void bad_arguments_are_named() {
        Windows w = Windows.symmetric(DType.FLOAT32);
        assertThatThrownBy(() -> w.hann(-1)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-1");
        assertThatThrownBy(() -> w.gaussian(5, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> w.generalCosine(5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Windows.symmetric(DType.INT64)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("int64");
    }
}
