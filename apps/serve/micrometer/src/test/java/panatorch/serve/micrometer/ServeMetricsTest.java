package panatorch.serve.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.QueueFullException;
import panatorch.serve.Request;
import panatorch.serve.ServeOptions;

@NoTensorLeaks
@Timeout(60)
class ServeMetricsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Semaphore permits = new Semaphore(1000);

    private Model model() {
        var module = new Module() {
            @Override public Tensor forward(Tensor input) {
                permits.acquireUninterruptibly();
                if (input.sum().item().floatValue() < 0) throw new IllegalArgumentException("negative");
                return input.clone();
            }
        };
        module.eval();
        return Model.of(module).input("x", DType.FLOAT32, "batch", 2).output("y", DType.FLOAT32, "batch", 2);
    }

    private double requests(String outcome) {
        return registry.get("panatorch.serve.requests").tag("model", "m:1").tag("outcome", outcome).counter().count();
    }

    private static Tensor rows(int n, double value) { return Torch.full(new long[] {n, 2}, value); }

    @Test void what_becomes_of_requests_is_counted() throws Exception {
        var metrics = new ServeMetrics(registry);
        try (var models = ModelRepository.of(); var scope = Scope.open()) {
            models.load("m", 1, this::model, ServeOptions.standard().workers(1).queue(1).listener(metrics));
            metrics.watch(models);
            for (int i = 0; i < 3; i++) models.call("m", Request.of(rows(2, i)));
            assertThatThrownBy(() -> models.call("m", Request.of(rows(1, -1)))).hasMessage("negative");

            permits.drainPermits();
            try {
                var running = models.submit("m", Request.of(rows(1, 1)));
                while (registry.get("panatorch.serve.running").tag("model", "m:1").gauge().value() < 1) Thread.sleep(1);
                var waiting = models.submit("m", Request.of(rows(1, 1)));
                assertThat(registry.get("panatorch.serve.waiting").gauge().value()).isEqualTo(1);
                assertThatThrownBy(() -> models.submit("m", Request.of(rows(1, 1)))).isInstanceOf(QueueFullException.class);
                permits.release();
                running.join().close();
                permits.release();
                waiting.join().close();

                running = models.submit("m", Request.of(rows(1, 1)));
                while (registry.get("panatorch.serve.running").gauge().value() < 1) Thread.sleep(1);
                var late = models.submit("m", Request.of(rows(1, 1)).timeout(Duration.ofMillis(1)));
                assertThatThrownBy(late::join).hasMessageContaining("did not answer within");
                permits.release();
                running.join().close();
            } finally {
                permits.release(1000);
            }
            models.call("m", Request.of(rows(1, 1)));

            assertThat(requests("answered")).isEqualTo(7);
            assertThat(requests("failed")).isEqualTo(1);
            assertThat(requests("queue_full")).isEqualTo(1);
            assertThat(requests("deadline")).isEqualTo(1);
            assertThat(registry.get("panatorch.serve.batch").timer().count()).isEqualTo(7);
            assertThat(registry.get("panatorch.serve.batch.rows").summary().totalAmount()).isEqualTo(10);
            assertThat(registry.get("panatorch.serve.memory").gauge().value()).isZero();
            models.unload("m");
            assertThat(registry.get("panatorch.serve.memory").gauge().value()).isNaN();
        }
    }
}
