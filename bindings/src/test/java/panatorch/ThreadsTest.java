package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.junit.NoTensorLeaks;

/** Tensors, scopes and modes on many threads at once. */
@NoTensorLeaks
@Timeout(120)
class ThreadsTest {
    private static final int THREADS = 1000;

    @Test void a_thousand_platform_threads_use_tensors_at_once() throws Exception { everyThreadComputes(Thread.ofPlatform().factory()); }

    @Test void a_thousand_virtual_threads_use_tensors_at_once() throws Exception { everyThreadComputes(Thread.ofVirtual().factory()); }

    private static void everyThreadComputes(ThreadFactory factory) throws Exception {
        var start = new CountDownLatch(THREADS);
        try (var scope = Scope.open(); var threads = Executors.newThreadPerTaskExecutor(factory)) {
            Tensor shared = Torch.ones(DType.FLOAT32, 8, 8);
            var results = new ArrayList<Future<Float>>();
            for (int i = 0; i < THREADS; i++) {
                int n = i;
                results.add(threads.submit(() -> {
                    start.countDown();
                    start.await();
                    return compute(shared, n);
                }));
            }
            for (int i = 0; i < THREADS; i++) assertThat(results.get(i).get()).isEqualTo(64f * 8 * i + 1);
        }
    }

    /** 512 n + 1, with a pause in which a virtual thread goes on to another carrier. */
    private static float compute(Tensor shared, int n) throws InterruptedException {
        try (var scope = Scope.open()) {
            Tensor product = shared.mul(n).mm(shared);
            Thread.sleep(n % 3);
            var halves = product.split(4);
            Thread.yield();
            try {
                product.mm(halves.getFirst());
                throw new AssertionError("a wrong shape passed");
            } catch (TorchException expected) {
                // and the next call works
            }
            Tensor all = Aten.cat(List.of(halves.get(1), halves.get(0)), 0);
            try (var inner = Scope.open()) {
                return inner.move(all.sum().add(1)).itemFloat();
            }
        }
    }

    @Test void operators_run_on_one_thread_while_another_runs_backward() throws Exception {
        var stop = new AtomicBoolean();
        try (var threads = Executors.newFixedThreadPool(2)) {
            var training = threads.submit(() -> {
                for (int i = 0; i < 200; i++) train();
                stop.set(true);
            });
            var computing = threads.submit(() -> {
                long calls = 0;
                while (!stop.get()) {
                    try (var scope = Scope.open()) {
                        Tensor x = Torch.ones(DType.FLOAT32, 16, 16);
                        assertThat(x.mm(x).sum().itemFloat()).isEqualTo(16f * 16 * 16);
                        calls++;
                    }
                }
                return calls;
            });
            try {
                training.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                stop.set(true);
                throw e;
            }
            assertThat(computing.get(10, TimeUnit.SECONDS)).isPositive();
        }
    }

    private static void train() {
        try (var scope = Scope.open()) {
            Tensor w = Torch.ones(DType.FLOAT32, 16, 16).requiresGrad_(true);
            Tensor x = w;
            for (int i = 0; i < 20; i++) x = x.mm(w).mul(1 / 16.0);
            Autograd.backward(x.sum());
            assertThat(w.grad().sum().itemFloat()).isEqualTo(21f * 256);
        }
    }

    @Test void a_graph_made_on_one_thread_is_differentiated_on_another() throws Exception {
        try (var scope = Scope.open(); var threads = Executors.newSingleThreadExecutor()) {
            Tensor w = Torch.ones(DType.FLOAT32, 3).requiresGrad_(true), loss = w.mul(w).sum();
            threads.submit(() -> Autograd.backward(loss)).get();
            assertThat(w.grad().toFloatArray()).containsExactly(2, 2, 2);
        }
    }

    @Test void modes_are_of_one_thread() throws Exception {
        try (var off = NoGrad.enter(); var threads = Executors.newSingleThreadExecutor()) {
            assertThat(NoGrad.isGradEnabled()).isFalse();
            assertThat(threads.submit(NoGrad::isGradEnabled).get()).isTrue();
        }
        assertThat(NoGrad.isGradEnabled()).isTrue();
    }

    /** Between waits, virtual threads with and without the mode share the operating system's threads. */
    @Test void a_mode_stays_with_a_virtual_thread_that_waits() throws Exception {
        try (var scope = Scope.open(); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Tensor w = Torch.ones(DType.FLOAT32, 2, 2).requiresGrad_(true);
            var with = new ArrayList<Future<Product>>();
            var without = new ArrayList<Future<Product>>();
            for (int i = 0; i < 50; i++) {
                with.add(threads.submit(() -> {
                    try (var noGrad = NoGrad.enter(); var autocast = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
                        return product(w);
                    }
                }));
                without.add(threads.submit(() -> product(w)));
            }
            for (var f : with) assertThat(f.get()).isEqualTo(new Product(DType.BFLOAT16, false));
            for (var f : without) assertThat(f.get()).isEqualTo(new Product(DType.FLOAT32, true));
        }
    }

    private record Product(DType type, boolean recorded) {}

    private static Product product(Tensor w) throws InterruptedException {
        try (var scope = Scope.open()) {
            Thread.sleep(Duration.ofMillis(10));
            Tensor y = w.mm(w);
            Thread.sleep(Duration.ofMillis(10));
            if (NoGrad.isGradEnabled() != w.add(w).requiresGrad()) throw new AssertionError("the mode and what it does disagree");
            return new Product(y.dtype(), y.requiresGrad());
        }
    }

    @Test void the_default_generator_is_the_process_s_and_not_the_thread_s() throws Exception {
        try (var scope = Scope.open(); var threads = Executors.newSingleThreadExecutor()) {
            Torch.manualSeed(3);
            float first = drawn(), second = drawn();
            Torch.manualSeed(3);
            assertThat(threads.submit(ThreadsTest::drawn).get()).as("the seed of this thread, drawn on another").isEqualTo(first);
            assertThat(drawn()).as("goes on where the other thread stopped").isEqualTo(second);
        }
    }

    @Test void threads_with_generators_of_their_own_repeat_whatever_others_draw() throws Exception {
        try (var threads = Executors.newFixedThreadPool(8)) {
            var sequences = new ArrayList<Future<List<Float>>>();
            for (int i = 0; i < 32; i++) {
                sequences.add(threads.submit(() -> {
                    var drawn = new ArrayList<Float>();
                    try (var own = Generator.of(7); var global = Generator.global()) {
                        for (int k = 0; k < 50; k++) {
                            drawn.add(draw(own));
                            draw(global);
                        }
                    }
                    return drawn;
                }));
            }
            for (var f : sequences) assertThat(f.get()).isEqualTo(sequences.getFirst().get()).doesNotHaveDuplicates();
        }
    }

    private static float drawn() {
        try (var scope = Scope.open()) {
            return Torch.rand(1).itemFloat();
        }
    }

    private static float draw(Generator from) {
        try (var scope = Scope.open()) {
            return Torch.rand(from, DType.FLOAT32, 1).itemFloat();
        }
    }

    @Test void a_mode_is_closed_by_its_thread() throws Exception {
        try (var noGrad = NoGrad.enter(); var threads = Executors.newSingleThreadExecutor()) {
            assertThat(threads.submit(() -> catchThrowable(noGrad::close)).get()).isInstanceOf(WrongThreadException.class)
                    .hasMessageContaining("another thread");
            assertThat(NoGrad.isGradEnabled()).isFalse();
        }
        assertThat(NoGrad.isGradEnabled()).isTrue();
    }
}
