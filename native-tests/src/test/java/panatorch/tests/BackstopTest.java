package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import panatorch.DType;
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
        assertThat(child.output()).contains("used: this tensor is closed", "closed at closingSite", "made at leakingSite", "A tensor outside any scope was garbage before it was closed");
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

        private static void leakingSite() { Torch.ones(DType.FLOAT32, 1); }
    }
}
