package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(120)
class ModelRepositoryTest {
    private static final ServeOptions OPTIONS = ServeOptions.standard().workers(1);

    private static TestModel adding(int number) { return new TestModel(x -> x.add(number)); }

    private static float ask(ModelRepository models, String name, long version, float value) {
        try (var scope = Scope.open()) {
            return models.call(name, version, Request.of(Torch.full(new long[] {1, 1}, value))).tensor().item().floatValue();
        }
    }

    @Test void the_highest_version_answers_unless_the_caller_asks_for_one() {
        try (var models = ModelRepository.of()) {
            models.load("adder", 2, () -> adding(2), OPTIONS);
            models.load("adder", 1, () -> adding(1), OPTIONS);
            assertThat(ask(models, "adder", -1, 10)).isEqualTo(12);
            assertThat(ask(models, "adder", 1, 10)).isEqualTo(11);
            models.unload("adder", 2);
            assertThat(ask(models, "adder", -1, 10)).isEqualTo(11);
            assertThat(models.list()).extracting(ModelRepository.Entry::version).containsExactly(1L);
            assertThat(models.get("adder", 1).name()).isEqualTo("adder:1");
            assertThatThrownBy(() -> ask(models, "adder", 2, 10)).isInstanceOf(NoSuchElementException.class)
                    .hasMessage("the model 'adder' has no version 2; it has [1]");
            models.unload("adder");
            assertThatThrownBy(() -> ask(models, "adder", -1, 10)).isInstanceOf(NoSuchElementException.class)
                    .hasMessageContaining("there is no model 'adder'");
        }
    }

    @Test void a_failed_load_leaves_the_old_model_serving() {
        var broken = new TestModel(x -> {
            throw new ArithmeticException("broken");
        });
        try (var models = ModelRepository.of(); var scope = Scope.open()) {
            models.load("adder", 1, () -> adding(1), OPTIONS);
            assertThatThrownBy(() -> models.load("adder", 1, () -> {
                throw new IOException("the file is rubbish");
            }, OPTIONS)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("the model adder:1 could not be loaded: the file is rubbish");
            assertThatThrownBy(() -> models.load("adder", 1, () -> broken, OPTIONS.sample(Request.of(Torch.ones(1, 1)))))
                    .hasMessage("the model adder:1 cannot be served: broken");
            assertThat(broken.closed).hasValue(1);
            assertThat(ask(models, "adder", -1, 10)).isEqualTo(11);
        }
    }

    @Test void a_replacement_under_load_fails_no_request() throws Exception {
        var made = new ArrayList<TestModel>();
        var stop = new AtomicBoolean();
        var answered = new AtomicInteger();
        try (var models = ModelRepository.of(); var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            models.load("adder", 1, () -> adding(0), OPTIONS);
            var callers = new ArrayList<Future<?>>();
            for (int k = 0; k < 16; k++) {
                int caller = k;
                callers.add(executor.submit(() -> {
                    float last = 0;
                    for (int i = 0; !stop.get(); i++) {
                        float value = caller * 4096 + i % 64 * 64;
                        float version = ask(models, "adder", -1, value) - value;
                        assertThat(version).as("no answer of another, and no older model than before").isBetween(last, 20f);
                        last = version;
                        answered.incrementAndGet();
                    }
                }));
            }
            for (int version = 1; version <= 20; version++) {
                int number = version;
                models.load("adder", 1, () -> {
                    made.add(adding(number));
                    return made.getLast();
                }, OPTIONS);
                int before = answered.get();
                while (answered.get() < before + 50) Thread.sleep(1);
            }
            stop.set(true);
            for (Future<?> f : callers) f.get();
            assertThat(ask(models, "adder", -1, 0)).isEqualTo(20);
            assertThat(made.subList(0, 19)).allMatch(m -> m.closed.get() > 0);
            assertThat(made.getLast().closed).hasValue(0);
        }
        assertThat(made.getLast().closed.get()).isPositive();
    }

    @Test void beyond_the_memory_limit_the_least_recently_used_model_is_closed_and_loaded_again_on_demand() {
        var made = new ArrayList<TestModel>();
        try (var models = ModelRepository.of(2500)) { // a TestModel says that it takes 1000
            for (String name : List.of("a", "b")) models.load(name, 1, () -> {
                made.add(adding(name.charAt(0)));
                return made.getLast();
            }, OPTIONS);
            assertThat(ask(models, "a", -1, 1)).isEqualTo('a' + 1);
            models.load("c", 1, () -> adding('c'), OPTIONS);
            assertThat(models.list().stream().filter(e -> e.health() == null)).extracting(ModelRepository.Entry::name).containsExactly("b");
            assertThat(made.get(1).closed.get()).isPositive();
            assertThat(ask(models, "b", -1, 1)).isEqualTo('b' + 1);
            assertThat(made).hasSize(3);
            assertThat(models.list().stream().filter(e -> e.health() == null)).extracting(ModelRepository.Entry::name).containsExactly("a");
        }
        try (var models = ModelRepository.of(999)) {
            assertThatThrownBy(() -> models.load("a", 1, () -> adding(1), OPTIONS))
                    .hasMessageContaining("it takes 1000 bytes, and the limit of all models is 999");
        }
    }

    @Test void a_model_that_is_being_loaded_is_told_from_one_that_does_not_exist() throws Exception {
        var go = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        try (var models = ModelRepository.of(); var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> load = executor.submit(() -> models.load("adder", 1, () -> {
                begun.countDown();
                go.await();
                return adding(1);
            }, OPTIONS));
            begun.await();
            assertThatThrownBy(() -> ask(models, "adder", -1, 1)).isInstanceOf(ModelLoadingException.class)
                    .hasMessage("the model adder is being loaded; try again later");
            assertThatThrownBy(() -> ask(models, "adder", 1, 1)).isInstanceOf(ModelLoadingException.class);
            assertThatThrownBy(() -> ask(models, "adder", 2, 1)).isInstanceOf(NoSuchElementException.class);
            go.countDown();
            load.get();
            assertThat(ask(models, "adder", -1, 1)).isEqualTo(2);
        }
    }

    @Test void a_request_for_an_evicted_model_waits_for_other_loads_within_its_time_only() throws Exception {
        var go = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        try (var models = ModelRepository.of(1000); var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            models.load("a", 1, () -> adding(1), OPTIONS);
            models.load("b", 1, () -> adding(2), OPTIONS);
            Future<?> load = executor.submit(() -> models.load("c", 1, () -> {
                begun.countDown();
                go.await();
                return adding(3);
            }, OPTIONS));
            begun.await();
            try (var scope = Scope.open()) {
                var request = Request.of(Torch.ones(1, 1));
                assertThatThrownBy(() -> models.call("a", request.timeout(Duration.ofMillis(20))))
                        .isInstanceOf(DeadlineExceededException.class).hasMessage("a:1 did not answer within 20.0 ms");
                assertThatThrownBy(() -> models.unload("a", -1)).hasMessage("a version has to be 0 or more, not -1");
            }
            go.countDown();
            load.get();
            assertThat(ask(models, "a", -1, 1)).isEqualTo(2);
        }
    }

    @Test void a_closed_repository_has_answered_what_it_accepted() throws Exception {
        var models = ModelRepository.of();
        models.load("adder", 1, () -> adding(1), OPTIONS);
        try (var scope = Scope.open()) {
            var futures = new ArrayList<java.util.concurrent.CompletableFuture<Answer>>();
            for (int i = 0; i < 50; i++) futures.add(models.submit("adder", Request.of(Torch.full(new long[] {1, 1}, (float) i))));
            models.close();
            for (int i = 0; i < 50; i++) {
                assertThat(futures.get(i)).isCompleted();
                assertThat(futures.get(i).join().adopt(scope).tensor().item().intValue()).isEqualTo(i + 1);
            }
            assertThatThrownBy(() -> ask(models, "adder", -1, 1)).isInstanceOf(RejectedExecutionException.class);
        }
    }
}
