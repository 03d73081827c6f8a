package panatorch.nn.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.DistributedException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.Reducer.Compression;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;

@NoTensorLeaks
@Timeout(180)
class DataParallelTest {
    private static final int EXAMPLES = 12;

    @TempDir
    Path folder;

    /** A network with the same parameters everywhere unless {@code first} differs. */
    private static Sequential network(int first) {
        return filled(first, new Sequential(new Linear(6, 8), new Tanh(), new Linear(8, 3)));
    }

    private static <M extends Module> M filled(int first, M model) {
        model.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int at = first;
            for (Tensor p : model.parameters()) p.copy_(Ranks.numbers(at++, p.shape()));
        }
        return model;
    }

    private static Tensor loss(Module model, Tensor x) { return model.call(x).square().mean(); }

    /** A part of a step's batch. */
    private static Tensor batch(int step, int part, int parts) {
        long n = EXAMPLES / parts;
        return Ranks.numbers(100 * step, EXAMPLES, 6).narrow(0, part * n, n);
    }

    private static void descend(Module model) {
        try (var off = NoGrad.enter()) {
            for (Tensor p : model.parameters()) {
                p.sub_(p.grad().mul(0.1));
                p.setGrad(null);
            }
        }
    }

    private static double[] values(Module model) {
        var all = new ArrayList<Double>();
        for (Tensor p : model.parameters()) for (double v : p.detach().reshape(-1).toDoubleArray()) all.add(v);
        return all.stream().mapToDouble(v -> v).toArray();
    }

    private static void step(DataParallel parallel, Module model, ProcessGroup g, int step) throws InterruptedException {
        parallel.beforeForward();
        parallel.backward(loss(model, batch(step, g.rank(), g.ranks())));
        descend(model);
    }

    private static double[] alone(int steps) {
        try (var scope = Scope.open(); var model = network(0)) {
            for (int s = 0; s < steps; s++) {
                loss(model, batch(s, 0, 1)).backward();
                descend(model);
            }
            return values(model);
        }
    }

    private static void assertClose(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) assertThat(actual[i]).isCloseTo(expected[i], offset(tolerance));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void ranks_with_parts_of_a_batch_train_as_one_process_with_the_whole(int n) throws Exception {
        List<double[]> all = Ranks.all(folder, n, g -> {
            // Rank 0's parameters count.
            try (var model = network(g.rank() == 0 ? 0 : 50); var parallel = DataParallel.of(model, g)) {
                assertThat(model.stateDict().keySet()).containsExactly("0.weight", "0.bias", "2.weight", "2.bias");
                for (int s = 0; s < 5; s++) step(parallel, model, g, s);
                return values(model);
            }
        });
        double[] alone = alone(5);
        for (double[] one : all) {
            assertThat(one).isEqualTo(all.getFirst()); // in all bits
            assertClose(one, alone, 1e-12);
        }
    }

    /** Few threads that train are let in at once where each operator uses all cores, as they would only wait for each other. */
    @Test void three_ranks_in_one_process_meet_although_each_operator_uses_all_cores() throws Exception {
        int before = Torch.numThreads();
        Torch.setNumThreads(2 * Runtime.getRuntime().availableProcessors());
        try {
            for (double[] rank : Ranks.all(folder, 3, g -> {
                try (var model = network(g.rank()); var parallel = DataParallel.of(model, g)) {
                    for (int s = 0; s < 3; s++) step(parallel, model, g, s);
                    return values(model);
                }
            })) assertClose(rank, alone(3), 1e-12);
        } finally {
            Torch.setNumThreads(before);
        }
    }

    @Test void small_buckets_give_the_same_gradients() throws Exception {
        for (double[] one : Ranks.all(folder, 2, g -> {
            try (var model = network(0);
                    var parallel = DataParallel.of(model, g, new DataParallel.Options(64, false, true, Compression.NONE))) {
                for (int s = 0; s < 5; s++) step(parallel, model, g, s);
                return values(model);
            }
        })) assertClose(one, alone(5), 1e-12);
    }

    /** Registers its layers in another order than gradients become ready in, so that libtorch would change the buckets after a step. */
    private static final class LastFirst extends Module {
        private final Linear last = child("last", new Linear(33, 3)), first = child("first", new Linear(6, 33));

        @Override public Tensor forward(Tensor x) { return last.forward(first.forward(x).tanh()); }
    }

    /** In Python, ranks change their buckets after the first step, and three ranks' sums then differ in bits. */
    @Test void a_run_that_is_resumed_has_the_bits_of_one_that_was_not() throws Exception {
        List<double[]> through = Ranks.all(folder, 3, g -> {
            try (var model = filled(0, new LastFirst()); var parallel = DataParallel.of(model, g)) {
                for (int s = 0; s < 4; s++) step(parallel, model, g, s);
                return values(model);
            }
        });
        List<double[]> resumed = Ranks.all(folder, 3, g -> {
            try (var model = filled(0, new LastFirst())) {
                for (int s = 0; s < 4; s++) try (var parallel = DataParallel.of(model, g)) {
                    step(parallel, model, g, s);
                }
                return values(model);
            }
        });
        assertThat(resumed.getFirst()).isEqualTo(through.getFirst());
    }

    private List<Object> run(int ranks, Ranks.Rank<?> rank) throws Exception {
        return Ranks.run(folder, ranks, Duration.ofSeconds(3), rank);
    }

    @Test void gradients_accumulate_without_messages_until_the_last_pass() throws Exception {
        List<double[]> all = Ranks.all(folder, 2, g -> {
            try (var model = network(0); var parallel = DataParallel.of(model, g)) {
                for (int s = 0; s < 2; s++) { // the second step also checks what the first left
                    for (int part = 0; part < 3; part++) {
                        parallel.beforeForward(part == 2);
                        parallel.backward(loss(model, batch(s, 3 * g.rank() + part, 6)).div(3));
                    }
                    descend(model);
                }
                return values(model);
            }
        });
        for (double[] one : all) assertClose(one, alone(2), 1e-12);
    }

    @Test void rank_0s_buffers_are_everywhere_before_each_step() throws Exception {
        List<double[]> all = Ranks.all(folder, 2, g -> {
            try (var model = filled(0, new Sequential(new Linear(6, 4), new BatchNorm1d(4))); var parallel = DataParallel.of(model, g)) {
                for (int s = 0; s < 3; s++) step(parallel, model, g, s);
                parallel.syncBuffers();
                return new double[] {model.namedBuffers().get("1.running_mean").sum().itemDouble(),
                    model.namedBuffers().get("1.num_batches_tracked").itemLong()};
            }
        });
        assertThat(all.getFirst()).isEqualTo(all.getLast());
        assertThat(all.getFirst()[1]).isEqualTo(3);
    }

    /** A body and two heads, one of which each call uses. */
    private static final class Heads extends Module {
        final Linear body = child("body", new Linear(6, 4)), left = child("left", new Linear(4, 2)),
                right = child("right", new Linear(4, 2));
        boolean useRight;

        @Override public Tensor forward(Tensor x) { return (useRight ? right : left).forward(body.forward(x)); }
    }

    @Test void unused_parameters_are_named_on_every_rank() throws Exception {
        for (Object o : run(2, g -> {
            try (var model = filled(0, new Heads()); var parallel = DataParallel.of(model, g)) {
                step(parallel, model, g, 0);
                return "no exception";
            }
        }))
            assertThat(o).isInstanceOfSatisfying(DistributedException.class,
                    e -> assertThat(e.getMessage()).contains("right.weight", "right.bias", "findUnused").doesNotContain("left."));
    }

    @Test void ranks_may_use_different_parameters_if_unused_ones_are_looked_for() throws Exception {
        double[] expected = new double[1];
        try (var scope = Scope.open(); var model = filled(0, new Heads())) {
            for (int r = 0; r < 2; r++) {
                model.useRight = r == 1;
                loss(model, batch(0, r, 2)).div(2).backward();
            }
            for (Tensor p : model.parameters()) expected[0] += p.grad().square().sum().itemDouble();
        }
        for (double[] squares : Ranks.all(folder, 2, g -> {
            try (var model = filled(0, new Heads());
                    var parallel = DataParallel.of(model, g, DataParallel.Options.standard().findUnused(true))) {
                for (int s = 0; s < 3; s++) {
                    model.zeroGrad();
                    model.useRight = g.rank() == 1;
                    parallel.beforeForward();
                    parallel.backward(loss(model, batch(0, g.rank(), 2)));
                }
                double sum = 0;
                for (Tensor p : model.parameters()) sum += p.grad().square().sum().itemDouble();
                return new double[] {sum};
            }
        })) assertClose(squares, expected, 1e-12);
    }

    @Test void compressed_gradients_are_near() throws Exception {
        List<double[]> all = Ranks.all(folder, 2, g -> {
            try (var model = network(0);
                    var parallel = DataParallel.of(model, g, DataParallel.Options.standard().compression(Compression.FLOAT16))) {
                for (int s = 0; s < 3; s++) step(parallel, model, g, s);
                return values(model);
            }
        });
        double[] exact = alone(3);
        assertClose(all.getFirst(), exact, 1e-3);
        assertThat(all.getFirst()).isNotEqualTo(exact).isEqualTo(all.getLast());
    }

    @Test void another_model_on_one_rank_is_an_error_on_every_rank_that_names_the_tensor() throws Exception {
        for (Object o : run(2, g -> {
            try (var model = new Linear(3, 2 + g.rank()); var parallel = DataParallel.of(model, g)) {
                return "no exception";
            }
        }))
            assertThat(o).isInstanceOf(IllegalArgumentException.class).extracting("message").asString()
                    .contains("rank 0 has 'bias' as float32 [2] on cpu, and rank 1 as float32 [3]");
        for (Object o : run(2, g -> {
            try (var model = g.rank() == 0 ? new Sequential(new Linear(3, 2)) : new Sequential(new Linear(3, 2), new Linear(2, 2));
                    var parallel = DataParallel.of(model, g)) {
                return "no exception";
            }
        }))
            assertThat(o).isInstanceOf(IllegalArgumentException.class).extracting("message").asString()
                    .contains("rank 0 has '1.bias' as nothing, and rank 1 as float32 [2]");
    }

    @Test void other_options_on_one_rank_are_an_error_on_every_rank() throws Exception {
        for (Object o : run(2, g -> {
            try (var model = network(0);
                    var parallel = DataParallel.of(model, g, DataParallel.Options.standard().findUnused(g.rank() == 1))) {
                return "no exception";
            }
        })) assertThat(o).isInstanceOfSatisfying(DistributedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MISMATCH));
    }

    @Test void a_rank_with_one_batch_more_gets_an_exception_that_names_the_other() throws Exception {
        List<Object> results = run(2, g -> {
            try (var model = network(0); var parallel = DataParallel.of(model, g)) {
                for (int s = 0; s < 3 - g.rank(); s++) step(parallel, model, g, s);
                return "done";
            }
        });
        assertThat(results.getLast()).isEqualTo("done");
        assertThat(results.getFirst()).isInstanceOfSatisfying(DistributedException.class,
                e -> assertThat(e.ranks()).as(e.getMessage()).containsExactly(1));
    }

    /** Rank 1 has begun the pass, so rank 0 waits for it inside libtorch. */
    @Test void a_rank_that_fails_within_backward_is_heard_of_on_the_other() throws Exception {
        List<Object> results = run(2, g -> {
            try (var model = network(0); var parallel = DataParallel.of(model, g)) {
                parallel.beforeForward();
                Tensor y = model.call(batch(0, g.rank(), 2)).square().mean();
                if (g.rank() == 1) y.registerHook(gradient -> { throw new IllegalStateException("a hook fails"); });
                parallel.backward(y);
                return "no exception";
            }
        });
        assertThat(results.getLast()).isInstanceOf(IllegalStateException.class).hasToString(
                "java.lang.IllegalStateException: a hook fails");
        assertThat(results.getFirst()).isInstanceOfSatisfying(DistributedException.class,
                e -> assertThat(e.getMessage()).contains("backward of 4 gradients", "a hook fails"));
    }

    @Test void wrong_uses_are_refused() throws Exception {
        assertThat(run(1, g -> {
            try (var frozen = new Linear(2, 2)) {
                frozen.requiresGrad(false);
                assertThatIllegalArgumentException().isThrownBy(() -> DataParallel.of(frozen, g)).withMessageContaining("no parameter");
            }
            try (var model = network(0)) {
                assertThatIllegalArgumentException().isThrownBy(() -> DataParallel.of(model, g,
                        new DataParallel.Options(0, false, true, Compression.NONE))).withMessageContaining("1 byte");
                var parallel = DataParallel.of(model, g);
                parallel.beforeForward();
                assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> parallel.backward(model.call(batch(0, 0, 1))));
                parallel.close();
                parallel.close();
                assertThatIllegalStateException().isThrownBy(parallel::beforeForward).withMessageContaining("closed");
                loss(model, batch(0, 0, 1)).backward(); // the model is that of this rank alone
            }
            return "refused";
        })).containsExactly("refused");
    }
}
