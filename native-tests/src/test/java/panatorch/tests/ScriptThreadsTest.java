package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;

/** Scripts that many threads call, also while another one closes them. */
@NoTensorLeaks
class ScriptThreadsTest {
    private static final Path FILES = Path.of("src/test/resources/jit");

    @Test void platform_threads_and_virtual_ones_get_the_results_of_one_thread() throws Exception {
        try (var net = ScriptModule.load(FILES.resolve("net.ts")); var scope = Scope.open()) {
            net.eval();
            Tensor x = Torch.rand(2, 1, 8, 8);
            float[] wanted = net.forward(x).toFloatArray();
            for (ExecutorService threads : List.of(Executors.newFixedThreadPool(8), Executors.newVirtualThreadPerTaskExecutor())) {
                try (threads) {
                    var all = new ArrayList<Future<?>>();
                    for (int i = 0; i < 64; i++) {
                        boolean gradient = i % 2 == 0;
                        all.add(threads.submit(() -> {
                            for (int n = 0; n < 50; n++) same(net, x, wanted, gradient);
                        }));
                    }
                    for (Future<?> f : all) f.get();
                }
            }
        }
    }

    private static void same(ScriptModule net, Tensor x, float[] wanted, boolean gradient) {
        try (var scope = Scope.open(); var mode = gradient ? NoGrad.enableGrad() : NoGrad.enter()) {
            Tensor y = net.forward(x);
            assertThat(y.requiresGrad()).isEqualTo(gradient);
            assertThat(y.detach().toFloatArray()).usingComparatorWithPrecision(1e-5f).containsExactly(wanted);
        }
    }

    @Test void a_call_that_meets_a_close_ends_as_if_it_came_before_or_after() throws Exception {
        for (int round = 0; round < 20; round++) {
            var net = ScriptModule.load(FILES.resolve("net.ts"));
            net.eval();
            var running = new CountDownLatch(4);
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                var all = new ArrayList<Future<String>>();
                for (int i = 0; i < 4; i++) all.add(threads.submit(() -> untilClosed(net, running)));
                running.await();
                net.close();
                for (Future<String> f : all) assertThat(f.get()).contains("is closed");
            }
        }
    }

    private static String untilClosed(ScriptModule net, CountDownLatch running) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = Torch.rand(2, 1, 8, 8);
            while (true) {
                assertThat(net.forward(x).shape()).containsExactly(2, 3);
                running.countDown();
            }
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test void a_script_that_runs_when_it_is_closed_runs_to_its_end() throws Exception {
        int loops = 3_000_000;
        long wanted = 0;
        for (long i = 0; i < loops; i++) wanted = (wanted + i * i) % 1_000_003;
        boolean ran = false;
        for (int attempt = 0; attempt < 20 && !ran; attempt++) {
            var kinds = ScriptModule.load(FILES.resolve("kinds.ts"));
            var result = new CompletableFuture<Object>();
            var caller = new Thread(() -> {
                try {
                    result.complete(kinds.method("long_loop").call(loops));
                } catch (RuntimeException e) {
                    result.completeExceptionally(e);
                }
            });
            caller.start();
            while (!ran && caller.isAlive()) ran = runsScript(caller);
            kinds.close();
            System.gc();
            assertThat(result.get()).isEqualTo(wanted);
        }
        assertThat(ran).as("a call was running when its module was closed").isTrue();
    }

    /** Returns whether a thread is inside of libtorch's interpreter. */
    private static boolean runsScript(Thread thread) {
        return Arrays.stream(thread.getStackTrace()).anyMatch(f -> f.getClassName().equals("org.bytedeco.pytorch.Function"));
    }

    @Test void submodules_are_closed_with_their_module() throws IOException {
        try (var scope = Scope.open()) {
            var net = ScriptModule.load(FILES.resolve("net.ts"));
            var features = (ScriptModule) Objects.requireNonNull(net.namedChildren().get("features"));
            net.close();
            Tensor x = Torch.ones(1, 1, 8, 8);
            assertThatThrownBy(() -> features.forward(x)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("this ScriptModule is closed");
        }
    }
}
