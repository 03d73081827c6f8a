package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.junit.NoTensorLeaks;

/** Fourier transforms of which each thread computes a part: the numbers of one thread, and those of the definition. */
@NoTensorLeaks
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SplitTransformTest {
    private static int threads;

    @BeforeAll static void remember() { threads = Torch.numThreads(); }

    @AfterAll static void restore() { Torch.setNumThreads(threads); }

    private static Tensor fft(String operator, Object... arguments) {
        return (Tensor) Operators.call("aten::" + operator, arguments).getFirst();
    }

    private static void assertSame(String what, Supplier<Tensor> transform) {
        Torch.setNumThreads(1);
        Tensor one = transform.get();
        Torch.setNumThreads(3);
        Tensor several = transform.get();
        assertThat(several.dtype()).isEqualTo(one.dtype());
        assertThat(several.shape()).as(what).isEqualTo(one.shape());
        assertThat(several.strides()).as(what).isEqualTo(one.strides());
        assertThat(several.torchEquals(one)).as(what).isTrue();
    }

    @Test void parts_of_a_batch_give_the_bits_of_the_whole() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(7, 300, 64), z = Aten.complex(x, x.flip(0)), wide = Torch.randn(60, 64, 32).transpose(0, 2);
            assertSame("rfft", () -> fft("fft_rfft", x));
            assertSame("rfft of another dimension", () -> fft("fft_rfft", x, null, 1));
            assertSame("rfft of strided numbers", () -> fft("fft_rfft", wide));
            assertSame("padded rfft", () -> fft("fft_rfft", x, 200));
            assertSame("fft", () -> fft("fft_fft", z));
            assertSame("conjugated fft", () -> fft("fft_fft", z.conj()));
            assertSame("ifft", () -> fft("fft_ifft", z, null, 1));
            assertSame("irfft", () -> fft("fft_irfft", z));
            assertSame("irfft of odd length", () -> fft("fft_irfft", z, 125));
            assertSame("rfft2", () -> fft("fft_rfft2", x));
            assertSame("irfft2", () -> fft("fft_irfft2", z));
            assertSame("fftn of everything", () -> fft("fft_fftn", z));
            assertSame("float64", () -> fft("fft_rfft", x.to(DType.FLOAT64)));
            assertSame("one row", () -> fft("fft_rfft", Torch.ones(1, 120000)));
            assertSame("two rows for three threads", () -> fft("fft_rfft", Torch.ones(2, 60000)));
        }
    }

    @Test void numbers_are_those_of_the_definition() {
        try (var scope = Scope.open()) {
            Torch.setNumThreads(3);
            Tensor x = Torch.randn(DType.FLOAT64, 4000, 32), k = Torch.arange(32).to(DType.FLOAT64);
            Tensor angle = k.unsqueeze(1).mul(k.unsqueeze(0)).mul(-2 * Math.PI / 32);
            Tensor expected = Aten.complex(x.matmul(angle.cos()), x.matmul(angle.sin())), actual = fft("fft_fft", x);
            assertThat(actual.sub(expected).abs().max().itemDouble()).isLessThan(1e-11);
        }
    }

    @Test void gradients_flow_and_modes_hold() {
        try (var scope = Scope.open()) {
            Torch.setNumThreads(3);
            Tensor x = Torch.randn(DType.FLOAT64, 4000, 32).requiresGrad_(true);
            fft("fft_rfft", x).abs().square().sum().backward();
            // Parseval for one-sided transforms: inner frequencies count twice in the full sum
            Tensor all = x.detach().requiresGrad_(true);
            fft("fft_fft", all).slice(1, 0L, 17L, 1).abs().square().sum().backward();
            assertThat(x.grad().allClose(all.grad(), 1e-9, 1e-9)).isTrue();
            try (var inference = InferenceMode.enter()) {
                assertThat(fft("fft_rfft", x).isInference()).isTrue();
            }
            assertThatThrownBy(() -> fft("_fft_r2c", Torch.randn(4000, 32), List.of(5), 0, true))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> fft("fft_rfft", Torch.randn(4000, 32), 0)).isInstanceOf(TorchException.class);
        }
    }

    @Test void many_threads_transform_at_once() throws Exception {
        Torch.setNumThreads(2);
        try (var pool = Executors.newFixedThreadPool(8)) {
            List<Callable<Boolean>> calls = java.util.stream.IntStream.range(0, 64).<Callable<Boolean>>mapToObj(i -> () -> {
                try (var scope = Scope.open()) {
                    Tensor x = Torch.full(new long[] {64, 2048}, (double) i), y = fft("fft_irfft", fft("fft_rfft", x));
                    return y.allClose(x, 1e-4, 1e-3);
                }
            }).toList();
            for (var done : pool.invokeAll(calls)) assertThat(done.get()).isTrue();
        }
    }
}
