package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Layout;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What nobody closes is freed by the garbage collector, late; and with {@code -Dpanatorch.leaks=trace} somebody hears of it. */
@NoTensorLeaks
class BackstopTest {
    @Test void garbage_outside_any_scope_is_freed() throws InterruptedException {
        long before = Torch.liveTensors();
        for (int i = 0; i < 1000; i++) Torch.ones(DType.FLOAT32, 100);
        escape();
        await(before);
    }

    private static void escape() {
        try (var scope = Scope.open()) {
            for (int i = 0; i < 1000; i++) Torch.ones(DType.FLOAT32, 100).escape();
            for (int i = 0; i < 1000; i++) scope.keep(Torch.ones(DType.FLOAT32, 100));
        }
    }

    /** 6 GiB in tensors of 4 MiB, each of which Java sees as a few words. */
    @Test void memory_of_forgotten_tensors_does_not_grow_without_bound() {
        long most = 0;
        try (Tensor x = Torch.zeros(1 << 20)) {
            for (int i = 0; i < 1536; i++) {
                x.add(1);
                most = Math.max(most, Torch.liveTensors());
            }
        }
        assertThat(most).isLessThan(800);
        System.gc();
    }

    @Test void tensors_of_every_layout_and_device_may_be_outside_a_scope() {
        try (Tensor x = Torch.ones(2, 2); Tensor sparse = x.toSparse(); Tensor compressed = x.toSparseCsr();
                Tensor meta = x.to(Device.META)) {
            assertThat(sparse.layout()).isEqualTo(Layout.SPARSE_COO);
            assertThat(compressed.layout()).isEqualTo(Layout.SPARSE_CSR);
            assertThat(meta.device()).isEqualTo(Device.META);
        }
        try (var scope = Scope.open()) {
            Tensor closed = Torch.ones(2);
            closed.close();
            assertThat(scope.move(closed).isClosed()).isTrue();
        }
    }

    @Test void what_a_thread_leaves_in_open_scopes_is_freed_after_its_end() throws InterruptedException {
        long before = Torch.liveTensors();
        for (var threads : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            threads.start(() -> {
                Scope.open();
                for (int i = 0; i < 100; i++) Torch.ones(DType.FLOAT32, 100);
                Scope.open();
                for (int i = 0; i < 100; i++) Torch.ones(DType.FLOAT32, 100);
            }).join();
        }
        await(before);
    }

    @Test void what_left_an_open_scope_is_usable_after_the_thread_s_end_and_freed_once() throws InterruptedException {
        long before = Torch.liveTensors();
        for (int round = 0; round < 30; round++) {
            var made = new ConcurrentLinkedQueue<Tensor>();
            Thread.ofPlatform().start(() -> {
                Scope.open();
                for (int i = 0; i < 2000; i++) made.add(Torch.ones(DType.FLOAT32, 10));
            }).join();
            System.gc(); // the scope is handed to the garbage collector while its tensors are used and closed here
            int i = 0;
            for (Tensor t : made) {
                if (i++ % 100 == 0) assertThat(t.numel()).isEqualTo(10);
                if (i % 3 != 0) t.close();
            }
        }
        await(before);
    }

    @Test void what_was_closed_by_hand_is_not_freed_again() throws InterruptedException {
        long before = Torch.liveTensors();
        for (int i = 0; i < 1000; i++) Torch.ones(DType.FLOAT32, 100).close();
        assertThat(Torch.liveTensors()).isEqualTo(before);
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertThat(Torch.liveTensors()).isEqualTo(before);
    }

    private static void await(long tensors) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (Torch.liveTensors() > tensors && System.nanoTime() < deadline) {
            System.gc();
            Thread.sleep(20);
        }
        assertThat(Torch.liveTensors()).isEqualTo(tensors);
    }

    @Test void tracing_names_the_site_where_a_tensor_was_closed_and_where_leaks_were_made() throws Exception {
        var child = ChildJvm.run(Traced.class, Duration.ofMinutes(1), "-Dpanatorch.leaks=trace", "-Dlog4j2.level=warn");
        assertThat(child.output()).contains("used: this tensor is closed", "closed at closingSite", "made at leakingSite",
                "BackstopTest$Traced.leakingSite(", "A tensor outside any scope was garbage before it was closed",
                "A thread ended with a scope open; the garbage collector frees its 1 tensors", "forgettingSite");
        assertThat(child.status()).isZero();
    }

    static final class Traced {
        public static void main(String[] args) throws InterruptedException {
            Tensor x = Torch.ones(DType.FLOAT32, 1);
            closingSite(x);
            try {
                x.numel();
            } catch (IllegalStateException e) {
                System.out.println("used: " + e.getMessage());
                System.out.println("closed at " + place(e.getCause(), "Site"));
            }
            Thread.ofPlatform().start(Traced::forgettingSite).join();
            leakingSite();
            Torch.liveTensorSites().forEach(s -> System.out.println("made at " + place(s, "Site")));
            BackstopTest.await(0);
        }

        private static String place(Throwable site, String ending) {
            for (var frame : site.getStackTrace()) if (frame.getMethodName().endsWith(ending)) return frame.getMethodName();
            return "nowhere";
        }

        private static void closingSite(Tensor x) {
            try (x) {
                x.numel();
            }
        }

        private static void forgettingSite() {
            Scope.open();
            Torch.ones(DType.FLOAT32, 1);
        }

        private static void leakingSite() { Torch.ones(DType.FLOAT32, 1); }
    }
}
