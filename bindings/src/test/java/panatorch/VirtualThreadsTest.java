package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.junit.NoTensorLeaks;

/** Ten thousand virtual threads, all begun before the first computes, as a server under load has them. */
@NoTensorLeaks
@Timeout(180)
class VirtualThreadsTest {
    private static final int THREADS = 10_000, INPUTS = 100, ROUNDS = 21;

    /** A network of two layers in inference, with its answers for all inputs. */
    private record Network(Tensor first, Tensor second, List<Tensor> inputs, List<float[]> answers) {
        static Network make() {
            Torch.manualSeed(1);
            Tensor first = Torch.randn(8, 16), second = Torch.randn(16, 4);
            var inputs = new ArrayList<Tensor>();
            for (int i = 0; i < INPUTS; i++) inputs.add(Torch.randn(2, 8));
            var made = new Network(first.requiresGrad_(true), second, inputs, new ArrayList<>());
            for (Tensor x : inputs) {
                try (var scope = Scope.open()) {
                    made.answers.add(made.forward(x).detach().toFloatArray());
                }
            }
            return made;
        }

        Tensor forward(Tensor x) { return x.mm(first).relu().mm(second).softmax(1); }
    }

    @Test void ten_thousand_virtual_threads_compute_what_one_does_and_leave_nothing_behind() throws Exception {
        try (var scope = Scope.open()) {
            var network = Network.make();
            round(network); // carriers, pools and caches grow to what a round takes
            long tensors = Torch.liveTensors();
            int threads = Thread.getAllStackTraces().size();
            assertThat(growth(network) / THREADS).as("growth of the native heap in bytes for each thread").isLessThan(16);
            assertThat(Torch.liveTensors()).isEqualTo(tensors);
            assertThat(Thread.getAllStackTraces()).hasSizeLessThanOrEqualTo(threads + 2); // the executor's own may just be ending
        }
    }

    /**
     * What a round adds to the native heap, the median of many: pools grow now and then and garbage goes in lumps, what each thread leaves
     * behind adds up.
     */
    private static long growth(Network network) throws Exception {
        long[] growth = new long[ROUNDS];
        long before = Torch.memoryStats().nativeHeapBytes();
        for (int i = 0; i < ROUNDS; i++) {
            round(network);
            System.gc();
            Thread.sleep(100); // a collected thread's memory is given back by a Cleaner
            long after = Torch.memoryStats().nativeHeapBytes();
            growth[i] = after - before;
            before = after;
        }
        Arrays.sort(growth);
        return growth[ROUNDS / 2];
    }

    private static void round(Network network) throws Exception {
        var begun = new CountDownLatch(THREADS);
        var right = new ArrayList<Future<Boolean>>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < THREADS; i++) {
                int n = i % INPUTS;
                right.add(executor.submit(() -> {
                    begun.countDown();
                    begun.await();
                    try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                        Tensor y = network.forward(network.inputs.get(n));
                        Thread.yield();
                        return !y.requiresGrad() && Arrays.equals(y.toFloatArray(), network.answers.get(n));
                    }
                }));
            }
        }
        int wrong = 0;
        for (var f : right) if (!f.get()) wrong++;
        assertThat(wrong).isZero();
    }

    @Test void guards_restore_what_was_before_also_after_an_exception() throws Exception {
        try (var scope = Scope.open(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Tensor w = Torch.ones(2, 2).requiresGrad_(true);
            var restored = new ArrayList<Future<Boolean>>();
            for (int i = 0; i < 200; i++) {
                int n = i;
                restored.add(threads.submit(() -> {
                    fail(w, n % 3);
                    try (var own = Scope.open()) {
                        Tensor y = w.mm(w);
                        return NoGrad.isGradEnabled() && y.requiresGrad() && y.dtype() == DType.FLOAT32;
                    }
                }));
            }
            for (var f : restored) assertThat(f.get()).isTrue();
            fail(w, 0);
            fail(w, 1);
            fail(w, 2);
            assertThat(w.mm(w).requiresGrad()).isTrue();
        }
    }

    /** An error of libtorch, of Java, or one within two guards. */
    private static void fail(Tensor w, int kind) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var autocast = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
            Thread.yield();
            if (kind == 0) w.mm(Torch.ones(3, 3));
            else if (kind == 1) throw new IllegalStateException("ours");
            try (var inference = InferenceMode.enter()) {
                w.view(7);
            }
        } catch (TorchException | IllegalStateException expected) {
            return;
        }
        throw new AssertionError("nothing failed");
    }
}
