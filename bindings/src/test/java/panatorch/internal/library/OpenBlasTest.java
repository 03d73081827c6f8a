package panatorch.internal.library;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

/** Products on several threads. What is right is what one thread computes, or an equation. */
@NoTensorLeaks
@Timeout(120)
class OpenBlasTest {
    private static final int SMALL_STACK = 256 << 10;

    private final int before = Torch.numThreads();
    private Scope scope;

    @BeforeEach void twoThreads() {
        assumeTrue(OpenBlas.isLoaded(), "this libtorch's BLAS is not OpenBLAS");
        Torch.setNumThreads(2);
        scope = Scope.open();
        Torch.manualSeed(1);
    }

    @AfterEach void asBefore() {
        scope.close();
        Torch.setNumThreads(before);
    }

    private static long callsDuring(Runnable code) {
        long before = BlasJobs.calls();
        code.run();
        return BlasJobs.calls() - before;
    }

    @Test void a_large_product_is_shared_among_openmps_threads() {
        Tensor a = Torch.randn(300, 200), b = Torch.randn(200, 400);
        Tensor[] products = new Tensor[2];
        long aside = BlasJobs.aside();
        assertThat(callsDuring(() -> products[0] = a.mm(b))).isEqualTo(1);
        assertThat(BlasJobs.aside()).isEqualTo(aside);
        Torch.setNumThreads(1);
        assertThat(callsDuring(() -> products[1] = a.mm(b))).isZero();
        assertThat(products[0].allClose(products[1], 1e-4, 1e-5)).isTrue(); // the two add in other orders
    }

    @Test void threads_that_multiply_at_once_do_not_disturb_one_another() throws InterruptedException {
        Tensor[] factors = new Tensor[8], right = new Tensor[8];
        for (int i = 0; i < 8; i++) right[i] = (factors[i] = Torch.randn(DType.FLOAT64, 200, 200)).matmul(factors[i]);
        var wrong = new ConcurrentLinkedQueue<Integer>();
        var threads = IntStream.range(0, 8).mapToObj(i -> new Thread(() -> {
            for (int n = 0; n < 50; n++) {
                try (var own = Scope.open()) {
                    if (!factors[i].matmul(factors[i]).torchEquals(right[i])) wrong.add(i);
                }
            }
        })).toList();
        threads.forEach(Thread::start);
        for (Thread t : threads) t.join();
        assertThat(wrong).isEmpty();
    }

    @Test void a_product_within_a_parallel_region_ends_and_is_right() throws Throwable {
        Tensor a = Torch.randn(256, 256), right = a.mm(a);
        var wrong = new ConcurrentLinkedQueue<Object>();
        Runnable region = () -> {
            try (var own = Scope.open()) {
                for (int i = 0; i < 5; i++) if (!a.mm(a).allClose(right)) wrong.add(i);
            } catch (RuntimeException e) {
                wrong.add(e);
            }
        };
        long aside = BlasJobs.aside();
        inParallel(region);
        assertThat(wrong).isEmpty();
        assertThat(BlasJobs.aside() - aside).isEqualTo(10);
    }

    @SuppressWarnings("restricted") private static void inParallel(Runnable code) throws Throwable {
        try (var arena = Arena.ofShared()) {
            var type = FunctionDescriptor.ofVoid(JAVA_LONG);
            var run = MethodHandles.dropArguments(
                    MethodHandles.lookup().findVirtual(Runnable.class, "run", MethodType.methodType(void.class)).bindTo(code), 0,
                    long.class);
            var parallel = Linker.nativeLinker().downcallHandle(SymbolLookup.loaderLookup().findOrThrow("GOMP_parallel"),
                    FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT));
            parallel.invokeExact(Linker.nativeLinker().upcallStub(run, type, arena).address(), 0L, 2, 0);
        }
    }

    /**
     * OpenBLAS would share every small product among all threads, and say so on standard error: attention over 2048 tokens took 14 times as
     * long.
     */
    @Test void operators_that_multiply_on_each_thread_do_so_alone() {
        Tensor q = Torch.randn(1, 2, 512, 64).requiresGrad_(true);
        Tensor[] attended = new Tensor[1];
        long calls = callsDuring(() -> {
            attended[0] = Aten.scaledDotProductAttention(q, q, q);
            Autograd.backward(attended[0].sum());
        });
        assertThat(calls).isZero();
        assertThat(attended[0].detach().allClose(q.detach().matmul(q.detach().transpose(2, 3)).mul(0.125).softmax(-1).matmul(q.detach()),
                1e-4, 1e-5)).isTrue();
    }

    /**
     * libtorch's kernel multiplies halves in loops of its own where the BLAS has no such products: 24 times as long over 2048 tokens as in
     * Python.
     */
    @ParameterizedTest
    @EnumSource(names = {"BFLOAT16", "FLOAT16"}) void attention_of_halves_is_that_of_the_same_numbers_in_float32(DType half) {
        Tensor q = Torch.randn(2, 3, 70, 16).to(half), k = Torch.randn(2, 3, 50, 16).to(half), v = Torch.randn(2, 3, 50, 16).to(half),
                mask = Torch.randn(70, 50).to(half), weights = Torch.randn(2, 3, 70, 16).to(half);
        Tensor[] whole = attention(DType.FLOAT32, q, k, v, mask, weights), halves = attention(half, q, k, v, mask, weights);
        assertThat(halves).extracting(Tensor::dtype).containsOnly(half);
        assertThat(halves[0].torchEquals(whole[0].to(half))).isTrue();
        for (int i = 1; i < 4; i++)
            assertThat(halves[i].to(DType.FLOAT32).sub(whole[i]).norm().itemDouble()).isLessThan(0.01 * whole[i].norm().itemDouble());
    }

    /** The result, and the gradients by the first three. */
    private static Tensor[] attention(DType type, Tensor... inputs) {
        Tensor[] x = Arrays.stream(inputs).map(t -> t.to(type).detach()).toArray(Tensor[]::new);
        for (int i = 0; i < 3; i++) x[i].requiresGrad_(true);
        Tensor attended = Aten.scaledDotProductAttention(x[0], x[1], x[2], x[3]);
        Autograd.backward(attended, x[4], false, false);
        return new Tensor[] {attended.detach(), x[0].grad(), x[1].grad(), x[2].grad()};
    }

    @Test void what_fails_within_attention_of_halves_is_told_as_libtorch_tells_it() {
        Tensor q = Torch.randn(1, 1, 4, 8).to(DType.BFLOAT16), mask = Torch.zeros(3, 3).to(DType.BFLOAT16);
        assertThatThrownBy(() -> Operators.call("aten::_scaled_dot_product_flash_attention_for_cpu", q, q, q, 0.0, false, mask))
                .isInstanceOf(TorchException.class)
                .hasMessageStartingWith("aten::_scaled_dot_product_flash_attention_for_cpu(query: bfloat16 [1, 1, 4, 8]")
                .hasMessageEndingWith("Tensor sizes: [1, 1, 3, 3]");
        assertThat(Aten.scaledDotProductAttention(q, q, q).dtype()).isEqualTo(DType.BFLOAT16);
    }

    @Test void a_convolution_of_doubles_multiplies_in_a_parallel_region_and_is_right() {
        Tensor x = Torch.randn(DType.FLOAT64, 4, 64, 12, 12), w = Torch.randn(DType.FLOAT64, 64, 64, 3, 3), whole = Aten.conv2d(x, w);
        for (int i = 0; i < 4; i++) assertThat(Aten.conv2d(x.narrow(0, i, 1), w).allClose(whole.narrow(0, i, 1))).isTrue();
        Torch.setNumThreads(1);
        assertThat(Aten.conv2d(x, w).allClose(whole)).isTrue();
    }

    /** OpenBLAS's decomposition on several threads lays 3 MB on the stack: on Java's it ended the process. */
    @Test void lu_decompositions_fit_on_a_small_stack_and_threads_are_back_then() throws InterruptedException {
        Tensor a = Torch.randn(DType.FLOAT64, 600, 600), b = Torch.randn(DType.FLOAT64, 600, 3).requiresGrad_(true);
        var residuals = new ConcurrentLinkedQueue<Double>();
        var thread = new Thread(null, () -> {
            try (var own = Scope.open()) {
                Tensor solved = Linalg.solve(a, b);
                Autograd.backward(solved.sum());
                residuals.add(a.matmul(solved).sub(b).abs().max().itemDouble());
                residuals.add(Linalg.inv(a).matmul(a).sub(Torch.eye(600)).abs().max().itemDouble());
            }
        }, "small stack", SMALL_STACK);
        thread.start();
        thread.join();
        assertThat(residuals).hasSize(2).allSatisfy(r -> assertThat(r).isLessThan(1e-8));
        assertThat(callsDuring(() -> a.mm(a))).isEqualTo(1);
    }

    @Test void errors_of_those_operators_read_like_others() {
        Tensor whole = Torch.ones(DType.INT64, 3, 3);
        assertThatThrownBy(() -> Linalg.luFactorEx(whole)).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("aten::linalg_lu_factor_ex(A: ").hasMessageContaining("int64 [3, 3]")
                .hasMessageEndingWith("\"lu_cpu\" not implemented for 'Long'");
        assertThatThrownBy(() -> Linalg.inv(Torch.zeros(2, 2))).isInstanceOf(TorchException.class).hasMessageContaining("singular");
    }
}
