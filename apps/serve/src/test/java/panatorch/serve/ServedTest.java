package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(120)
class ServedTest {
    private static final ServeOptions ONE_WORKER = ServeOptions.standard().workers(1);

    private static Tensor row(float... values) { return Torch.tensor(values).unsqueeze(0); }

    private static float first(Answer a) { return a.tensor().select(0, 0).select(0, 0).item().floatValue(); }

    /** Submits a row of one value, whose tensor is freed at once. */
    private static CompletableFuture<Answer> submit(Served served, float value) {
        try (var scope = Scope.open()) {
            return served.submit(row(value));
        }
    }

    private static CompletableFuture<Answer> submit(Served served, float value, int priority) {
        try (var scope = Scope.open()) {
            return served.submit(Request.of(row(value)).priority(priority));
        }
    }

    private static float take(CompletableFuture<Answer> future) {
        try (var scope = Scope.open(); Answer a = future.join()) {
            return first(a);
        }
    }

    @Test void an_answer_is_what_the_model_computes_and_belongs_to_the_callers_scope() {
        try (var served = Served.of(new TestModel(x -> x.mul(2).add(1)), ONE_WORKER)) {
            Tensor kept;
            try (var scope = Scope.open()) {
                Tensor x = Torch.tensor(new float[][] {{1, 2}, {3, 4}});
                kept = served.call(x).tensor();
                assertThat(kept.toArray()).isEqualTo(new float[][] {{3, 5}, {7, 9}});
                assertThat(served.call(Request.named("x", x)).tensor("y").toArray()).isEqualTo(kept.toArray());
                assertThat(x.isClosed()).isFalse();
            }
            assertThat(kept.isClosed()).isTrue();
        }
    }

    @Test void what_waits_when_a_worker_becomes_free_is_one_batch() throws Exception {
        var model = new TestModel(x -> x.add(1));
        try (var served = Served.of(model, ONE_WORKER.maxBatch(5))) {
            model.hold();
            var all = new ArrayList<CompletableFuture<Answer>>(List.of(submit(served, 0)));
            model.awaitRun();
            model.batches.clear();
            for (int i = 1; i < 9; i++) all.add(submit(served, i));
            model.release();
            for (int i = 0; i < 9; i++) assertThat(take(all.get(i))).isEqualTo(i + 1);
            assertThat(model.batches).containsExactly(5L, 3L);
        }
    }

    @Test void a_future_answer_outlives_the_scope_of_the_submission_also_if_it_is_there_at_once() {
        try (var served = Served.of(new TestModel(x -> x.add(1)), ONE_WORKER)) {
            CompletableFuture<Answer> future;
            try (var scope = Scope.open()) {
                Pending p = served.accept(Request.of(row(1)), false);
                p.outcome.join();
                future = served.future(p);
            }
            assertThat(take(future)).isEqualTo(2);
        }
    }

    @Test void an_identity_does_not_give_away_the_memory_of_its_input() {
        try (var served = Served.of(new TestModel(x -> x), ONE_WORKER); var scope = Scope.open()) {
            Tensor x = row(1, 2);
            served.call(x).tensor().zero_();
            assertThat(x.toArray()).isEqualTo(new float[][] {{1, 2}});
        }
    }

    @Test void a_delay_lets_a_worker_wait_for_more() {
        var model = new TestModel(x -> x.add(1));
        try (var served = Served.of(model, ONE_WORKER.delay(Duration.ofSeconds(60)).maxBatch(3))) {
            model.batches.clear();
            var all = List.of(submit(served, 0), submit(served, 1), submit(served, 2));
            all.forEach(ServedTest::take);
            assertThat(model.batches).containsExactly(3L);
        }
    }

    @Test void requests_of_different_sizes_are_not_one_batch_without_buckets() throws Exception {
        var model = new TestModel(x -> x.add(1));
        try (var served = Served.of(model, ONE_WORKER); var scope = Scope.open()) {
            model.hold();
            var first = served.submit(row(0));
            model.awaitRun();
            model.batches.clear();
            var narrow = List.of(served.submit(row(1)), served.submit(row(2)));
            var wide = List.of(served.submit(row(3, 4)), served.submit(row(5, 6)), served.submit(row(7, 8)));
            model.release();
            for (var f : List.of(first, narrow.get(0), narrow.get(1), wide.get(0), wide.get(1), wide.get(2))) f.join().adopt(scope);
            assertThat(wide.get(1).join().tensor().toArray()).isEqualTo(new float[][] {{6, 7}});
            assertThat(model.batches).containsExactly(2L, 3L);
        }
    }

    @Test void buckets_pad_inputs_and_cut_outputs() throws Exception {
        var widths = new ArrayList<Long>();
        var model = new TestModel(x -> {
            widths.add(x.size(1));
            return x.add(1);
        });
        try (var served = Served.of(model, ONE_WORKER.maxBatch(4).bucket("x", 1, 2, 4).padding("x", 9)); var scope = Scope.open()) {
            assertThat(widths.stream().distinct()).as("warm-up of every bucket").containsExactly(2L, 4L);
            assertThat(model.batches.stream().distinct()).as("alone and in growing batches").containsExactly(1L, 2L, 4L);
            model.hold();
            var one = served.submit(row(1));
            model.awaitRun();
            widths.clear();
            var three = served.submit(row(1, 2, 3));
            var four = served.submit(row(1, 2, 3, 4));
            var five = served.submit(row(1, 2, 3, 4, 5));
            model.release();
            for (var f : List.of(one, three, four, five)) f.join().adopt(scope);
            assertThat(one.join().tensor().toArray()).isEqualTo(new float[][] {{2}});
            assertThat(three.join().tensor().toArray()).isEqualTo(new float[][] {{2, 3, 4}});
            assertThat(four.join().tensor().toArray()).isEqualTo(new float[][] {{2, 3, 4, 5}});
            assertThat(five.join().tensor().toArray()).isEqualTo(new float[][] {{2, 3, 4, 5, 6}});
            assertThat(widths).as("three and four share a batch").containsExactly(2L, 4L, 5L);
        }
    }

    @Test void batches_have_no_more_rows_than_take_less_time_a_row() throws Exception {
        var model = new TestModel(x -> {
            long rows = x.size(0);
            LockSupport.parkNanos(3_000_000 * (rows <= 2 ? 1 : rows * rows));
            return x.add(1);
        }, "batch", 1);
        try (var served = Served.of(model, ONE_WORKER.maxBatch(8)); var scope = Scope.open()) {
            model.hold();
            var answers = new ArrayList<>(List.of(served.submit(row(0))));
            model.awaitRun();
            model.batches.clear();
            for (int i = 1; i <= 6; i++) answers.add(served.submit(row(i)));
            answers.add(served.submit(Torch.zeros(5, 1)));
            model.release();
            for (var f : answers) f.join().adopt(scope);
            assertThat(model.batches).as("a request of more rows runs, too").containsExactly(2L, 2L, 2L, 5L);
            assertThat(answers.get(6).join().tensor().toArray()).isEqualTo(new float[][] {{7}});
        }
    }

    @Test void a_batch_below_the_models_least_is_filled_up() {
        var module = new panatorch.nn.ReLU();
        module.eval();
        var seen = new ArrayList<Long>();
        module.hooks().beforeForward((m, inputs) -> {
            seen.add(inputs.getFirst().size(0));
            return inputs;
        });
        Model model = Model.of(module).range("batch", 3, 8).input("x", DType.FLOAT32, "batch", 2).output("y", DType.FLOAT32, "batch", 2);
        try (var served = Served.of(model, ONE_WORKER); var scope = Scope.open()) {
            seen.clear();
            assertThat(served.call(row(-1, 2)).tensor().toArray()).isEqualTo(new float[][] {{0, 2}});
            assertThat(seen).containsExactly(3L);
            assertThat(served.maxBatch()).isEqualTo(8);
        }
    }

    @Test void a_full_queue_refuses_and_a_given_up_request_makes_room() throws Exception {
        var model = new TestModel(x -> x.add(1));
        try (var served = Served.of(model, ONE_WORKER.queue(2).name("adder"))) {
            model.hold();
            var running = submit(served, 0);
            model.awaitRun();
            var a = submit(served, 1);
            var b = submit(served, 2);
            assertThatThrownBy(() -> submit(served, 3)).isInstanceOf(QueueFullException.class)
                    .hasMessageContaining("the queue of adder is full: 2 requests wait");
            assertThat(a.cancel(false)).isTrue();
            var c = submit(served, 4);
            assertThat(served.health().waiting()).isEqualTo(2);
            model.release();
            assertThat(List.of(take(running), take(b), take(c))).containsExactly(1f, 3f, 5f);
            assertThat(served.health().rejected()).isEqualTo(2);
        }
    }

    @Test void a_late_request_does_not_run() throws Exception {
        var model = new TestModel(x -> x.add(1));
        try (var served = Served.of(model, ONE_WORKER); var scope = Scope.open()) {
            model.hold();
            var running = submit(served, 0);
            model.awaitRun();
            Request late = Request.of(row(1)).timeout(Duration.ofMillis(20));
            assertThatThrownBy(() -> served.call(late)).isInstanceOf(DeadlineExceededException.class)
                    .hasMessage("model did not answer within 20.0 ms");
            var future = served.submit(late);
            assertThatThrownBy(future::join).isInstanceOf(CompletionException.class).hasCauseInstanceOf(DeadlineExceededException.class);
            model.batches.clear();
            model.release();
            take(running);
            assertThat(take(submit(served, 5))).isEqualTo(6);
            assertThat(model.batches).as("only the request that was in time").containsExactly(1L);
        }
    }

    @Test void a_cancelled_request_does_not_run() throws Exception {
        var model = new TestModel(x -> x.add(1));
        try (var served = Served.of(model, ONE_WORKER)) {
            model.hold();
            var running = submit(served, 0);
            model.awaitRun();
            var cancelled = submit(served, 1);
            assertThat(cancelled.cancel(true)).isTrue();
            assertThat(running.cancel(true)).as("runs, but nobody wants it").isTrue();
            model.batches.clear();
            model.release();
            assertThat(take(submit(served, 5))).isEqualTo(6);
            assertThat(model.batches).containsExactly(1L);
        }
    }

    @Test void a_higher_priority_runs_first() throws Exception {
        var order = new ArrayList<Float>();
        var model = new TestModel(x -> {
            order.add(x.select(0, 0).select(0, 0).item().floatValue());
            return x.add(1);
        });
        try (var served = Served.of(model, ONE_WORKER.maxBatch(1))) {
            model.hold();
            var all = new ArrayList<>(List.of(submit(served, 0)));
            model.awaitRun();
            for (int i = 1; i <= 4; i++) all.add(submit(served, i, i % 2));
            model.release();
            all.forEach(ServedTest::take);
            assertThat(order.subList(order.size() - 4, order.size())).containsExactly(1f, 3f, 2f, 4f);
        }
    }

    @Test void a_bad_request_fails_alone() throws Exception {
        var model = new TestModel(x -> {
            if (x.max().item().floatValue() > 100) throw new ArithmeticException("more than 100");
            return x.add(1);
        });
        try (var served = Served.of(model, ONE_WORKER)) {
            model.hold();
            var all = new ArrayList<>(List.of(submit(served, 0)));
            model.awaitRun();
            for (int i = 1; i < 5; i++) all.add(submit(served, i == 3 ? 101 : i));
            model.release();
            assertThatThrownBy(() -> all.get(3).join()).hasCauseInstanceOf(ArithmeticException.class);
            for (int i : new int[] {0, 1, 2, 4}) assertThat(take(all.get(i))).isEqualTo(i + 1);
            assertThat(served.health().failed()).isEqualTo(1);
            assertThat(served.health().answered()).isEqualTo(4);
        }
    }

    @Test void the_models_exception_is_thrown_by_the_call() {
        var model = new TestModel(x -> x.size(1) == 3 ? x.matmul(x) : x);
        try (var served = Served.of(model, ONE_WORKER); var scope = Scope.open()) {
            assertThatThrownBy(() -> served.call(row(1, 2, 3))).isInstanceOf(TorchException.class);
            assertThat(first(served.call(row(7)))).isEqualTo(7);
        }
    }

    @Test void wrong_inputs_are_refused_in_a_sentence() {
        try (var served = Served.of(new TestModel(x -> x, "batch", 2), ONE_WORKER.maxBatch(4)); var scope = Scope.open()) {
            assertThatThrownBy(() -> served.call(row(1, 2, 3))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("input 'x': dimension 1 is 3, but has to be 2");
            assertThatThrownBy(() -> served.call(Torch.zeros(DType.INT64, 1, 2))).hasMessageContaining("input 'x' is int64 [1, 2]");
            assertThatThrownBy(() -> served.call(Torch.zeros(5, 2))).hasMessageContaining("has 5 rows").hasMessageContaining("at most 4");
            assertThatThrownBy(() -> served.call(Request.named("z", row(1, 2)))).hasMessageContaining("lacks the inputs [x]");
            assertThatThrownBy(() -> served.call(row(1, 2), row(1, 2))).hasMessageContaining("has 2 inputs");
            assertThatThrownBy(() -> served.call(Torch.zeros(0, 2))).hasMessageContaining("dimension 0 is 0");
        }
    }

    @Test void an_interrupted_caller_leaves_and_keeps_its_status() throws Exception {
        for (boolean virtual : new boolean[] {false, true}) {
            var model = new TestModel(x -> x.add(1));
            try (var served = Served.of(model, ONE_WORKER)) { // of unknown pace, so that the model runs on a worker
                model.hold();
                var thrown = new AtomicReference<Throwable>();
                Runnable caller = () -> {
                    try (var scope = Scope.open()) {
                        served.call(row(1));
                    } catch (Throwable e) {
                        thrown.set(Thread.currentThread().isInterrupted() ? e : new AssertionError("the status is lost"));
                    }
                };
                Thread t = virtual ? Thread.ofVirtual().start(caller) : Thread.ofPlatform().start(caller);
                model.awaitRun();
                t.interrupt();
                t.join();
                assertThat(thrown.get()).isInstanceOf(CancellationException.class);
                model.release();
                assertThat(take(submit(served, 2))).isEqualTo(3);
            }
        }
    }

    @Test void closing_answers_what_was_accepted_and_refuses_the_rest() throws Exception {
        var model = new TestModel(x -> x.add(1));
        var served = Served.of(model, ONE_WORKER.maxBatch(2));
        model.hold();
        var all = new ArrayList<CompletableFuture<Answer>>();
        for (int i = 0; i < 20; i++) all.add(submit(served, i));
        model.awaitRun();
        Thread closing = Thread.ofVirtual().start(served::close);
        while (served.health().state() == Health.State.READY) Thread.sleep(1);
        assertThat(model.closed).hasValue(0);
        model.release();
        closing.join();
        for (int i = 0; i < 20; i++) assertThat(take(all.get(i))).isEqualTo(i + 1);
        assertThatThrownBy(() -> submit(served, 1)).isInstanceOf(RejectedExecutionException.class).hasMessageContaining("is closed");
        assertThat(model.closed.get()).isPositive();
        assertThat(served.health().state()).isEqualTo(Health.State.CLOSED);
        served.close();
    }

    @Test void a_model_that_fails_its_samples_is_not_served_and_stays_the_callers() {
        var model = new TestModel(x -> {
            throw new ArithmeticException("always");
        });
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Served.of(model, ONE_WORKER.sample(Request.of(row(1))))).isInstanceOf(ArithmeticException.class);
            assertThat(model.closed).hasValue(0);
        }
    }

    @Test void sixty_four_callers_get_their_own_answers() throws Exception {
        for (boolean virtual : new boolean[] {false, true}) {
            var model = new TestModel(x -> x.mul(3).add(1));
            try (var served = Served.of(model, ServeOptions.standard().workers(2));
                    var executor = virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(64)) {
                long tensors = Torch.liveTensors();
                var all = new ArrayList<Future<?>>();
                for (int k = 0; k < 64; k++) {
                    int caller = k;
                    all.add(executor.submit(() -> {
                        for (int i = 0; i < 200; i++) {
                            try (var scope = Scope.open()) {
                                float value = caller * 1000 + i;
                                Tensor x = Torch.full(new long[] {1 + i % 3, 1 + caller % 2}, value);
                                Tensor y = served.call(x).tensor();
                                assertThat(y.shape()).isEqualTo(x.shape());
                                assertThat(y.min().item().floatValue()).isEqualTo(value * 3 + 1);
                                assertThat(y.max().item().floatValue()).isEqualTo(value * 3 + 1);
                            }
                        }
                    }));
                }
                for (Future<?> f : all) f.get();
                assertThat(served.health().answered()).isEqualTo(64 * 200);
                assertThat(model.batches.stream().mapToLong(r -> r).max().orElse(0)).as("batches form").isGreaterThan(3);
                assertThat(Torch.liveTensors()).isEqualTo(tensors);
            }
        }
    }

    @Test void memory_is_flat_over_many_requests() {
        var model = new TestModel(x -> x.mul(2));
        try (var served = Served.of(model, ONE_WORKER.maxBatch(8))) {
            requests(served, 500);
            long tensors = Torch.liveTensors(), bytes = Torch.memoryStats().residentBytes();
            requests(served, 3000);
            assertThat(Torch.liveTensors()).isEqualTo(tensors);
            assertThat(Torch.memoryStats().residentBytes() - bytes).isLessThan(64 << 20);
        }
    }

    private static void requests(Served served, int times) {
        for (int i = 0; i < times; i++) {
            try (var scope = Scope.open()) {
                served.call(Torch.ones(2, 5000));
            }
        }
    }
}
