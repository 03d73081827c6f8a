package panatorch.serve.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import panatorch.serve.Health;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeListener;

/**
 * Metrics of served models in a Micrometer registry. It is a listener of {@link panatorch.serve.ServeOptions#listener}, one for any number
 * of models.
 *
 * <pre>{@code
 * var metrics = new ServeMetrics(registry);
 * metrics.watch(models);
 * models.load("bert", 1, source, ServeOptions.standard().listener(metrics));
 * }</pre>
 *
 * <table>
 * <caption>The metrics. Each has the tag {@code model}, whose value is {@code name:version}.</caption>
 * <tr>
 * <th>name</th>
 * <th>kind</th>
 * <th>what it is</th>
 * </tr>
 * <tr>
 * <td>{@code panatorch.serve.requests}</td>
 * <td>counter</td>
 * <td>requests by their {@code outcome}: {@code answered}, {@code failed}, {@code queue_full}, {@code deadline}, {@code cancelled},
 * {@code closed}</td>
 * </tr>
 * <tr>
 * <td>{@code panatorch.serve.batch}</td>
 * <td>timer</td>
 * <td>time that a batch ran</td>
 * </tr>
 * <tr>
 * <td>{@code panatorch.serve.batch.rows}</td>
 * <td>summary</td>
 * <td>rows of a batch</td>
 * </tr>
 * <tr>
 * <td>{@code panatorch.serve.wait}</td>
 * <td>timer</td>
 * <td>time for which the oldest request of a batch had waited</td>
 * </tr>
 * <tr>
 * <td>{@code panatorch.serve.waiting}, {@code panatorch.serve.running}</td>
 * <td>gauge</td>
 * <td>requests in the queue, and within workers; only of {@linkplain #watch watched} models</td>
 * </tr>
 * <tr>
 * <td>{@code panatorch.serve.memory}</td>
 * <td>gauge</td>
 * <td>bytes of a watched model's weights</td>
 * </tr>
 * </table>
 *
 * <p>
 * Any number of threads may use it.
 */
public final class ServeMetrics implements ServeListener {
    private final MeterRegistry registry;
    private final Map<String, Meters> models = new ConcurrentHashMap<>();

    /** The meters of a model, since looking one up in the registry takes longer than many a model. */
    private static final class Meters {
        final Counter answered, failed;
        final Map<Rejection, Counter> rejected = new ConcurrentHashMap<>();
        final Timer batch, wait;
        final DistributionSummary rows;

        Meters(MeterRegistry registry, String model) {
            answered = requests(registry, model, "answered");
            failed = requests(registry, model, "failed");
            for (Rejection r : Rejection.values()) rejected.put(r, requests(registry, model, r.name().toLowerCase(Locale.ROOT)));
            batch = Timer.builder("panatorch.serve.batch").description("time that a batch ran").tag("model", model)
                    .publishPercentileHistogram().register(registry);
            wait = Timer.builder("panatorch.serve.wait").description("time for which the oldest request of a batch had waited")
                    .tag("model", model).publishPercentileHistogram().register(registry);
            rows = DistributionSummary.builder("panatorch.serve.batch.rows").description("rows of a batch").tag("model", model)
                    .register(registry);
        }

        private static Counter requests(MeterRegistry registry, String model, String outcome) {
            return Counter.builder("panatorch.serve.requests").description("requests by what became of them").tag("model", model)
                    .tag("outcome", outcome).register(registry);
        }
    }

    /** Takes the registry in which the metrics will be. It stays the caller's. */
    public ServeMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Registers gauges of the models that a repository has now; a model that is gone has the value NaN. Call it again after a load. */
    public void watch(ModelRepository repository) {
        for (ModelRepository.Entry e : repository.list()) {
            gauge(repository, e, "panatorch.serve.waiting", "requests in the queue", Health::waiting);
            gauge(repository, e, "panatorch.serve.running", "requests within workers", Health::running);
            gauge(repository, e, "panatorch.serve.memory", "bytes of the weights", Health::memoryBytes);
        }
    }

    private void gauge(ModelRepository repository, ModelRepository.Entry entry, String name, String what, ToDoubleFunction<Health> value) {
        Gauge.builder(name, repository, r -> {
            Health health = r.health(entry.name(), entry.version());
            return health == null ? Double.NaN : value.applyAsDouble(health);
        }).description(what).tag("model", entry.name() + ":" + entry.version()).register(registry);
    }

    private Meters of(String model) {
        Meters known = models.get(model);
        return known != null ? known : models.computeIfAbsent(model, m -> new Meters(registry, m));
    }

    @Override public void batched(String model, int requests, long rows, Duration waited) { of(model).wait.record(waited); }

    @Override public void ran(String model, int requests, long rows, Duration took) {
        Meters m = of(model);
        m.answered.increment(requests);
        m.batch.record(took);
        m.rows.record(rows);
    }

    @Override public void failed(String model, Throwable error) { of(model).failed.increment(); }

    @Override public void rejected(String model, Rejection reason) {
        Objects.requireNonNull(of(model).rejected.get(reason)).increment();
    }
}
