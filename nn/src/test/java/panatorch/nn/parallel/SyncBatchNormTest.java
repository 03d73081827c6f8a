package panatorch.nn.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.distributed.DistributedException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.ProcessGroup;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.BatchNorm3d;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.SyncBatchNorm;

/** Ranks with parts of a batch against libtorch's own batch normalisation of the whole batch in one process, float64. */
@NoTensorLeaks
@Timeout(180)
class SyncBatchNormTest {
    @TempDir
    Path folder;

    private interface Layer {
        Module make();
    }

    record Case(String name, Layer layer, long[] shape, int[] parts) {
        @Override public String toString() { return name; }
    }

    static Stream<Case> cases() {
        return Stream.of(new Case("64 and 64 images", () -> new BatchNorm2d(5), new long[] {128, 5, 4, 3}, new int[] {64, 64}),
                new Case("three uneven parts", () -> new BatchNorm1d(5), new long[] {12, 5}, new int[] {1, 4, 7}),
                new Case("an empty part", () -> new BatchNorm1d(5), new long[] {6, 5, 3}, new int[] {6, 0}),
                new Case("one value each", () -> new BatchNorm1d(5), new long[] {2, 5}, new int[] {1, 1}),
                new Case("volumes, plain mean of batches", () -> new BatchNorm3d(BatchNorm3d.options(5).momentum(null)),
                        new long[] {6, 5, 2, 2, 2}, new int[] {2, 4}),
                new Case("no affine map", () -> new BatchNorm2d(BatchNorm2d.options(5).affine(false)), new long[] {8, 5, 2, 2},
                        new int[] {4, 4}),
                new Case("no bias, no running averages", () -> new BatchNorm2d(BatchNorm2d.options(5).bias(false)
                        .trackRunningStats(false)), new long[] {8, 5, 2, 2}, new int[] {3, 5}),
                new Case("a world of one", () -> new BatchNorm2d(5), new long[] {8, 5, 2, 2}, new int[] {8}));
    }

    /** Outputs and gradients of the input, summed gradients of the parameters, and buffers after two batches. */
    private record Result(double[] output, double[] input, List<double[]> parameters, List<double[]> buffers) {}

    private static Module layer(Case c) {
        Module m = c.layer.make().to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            for (Tensor p : m.parameters()) p.copy_(Ranks.numbers(7, p.shape()));
        }
        return m;
    }

    /** Runs two batches of which this process has examples {@code from} to {@code from + n}. */
    private static Result run(Module m, Case c, long from, long n) {
        double[] output = {}, input = {};
        for (int step = 0; step < 2; step++) {
            Tensor x = Ranks.numbers(300 * step, c.shape).mul(3).add(1).narrow(0, from, n).requiresGrad_(true);
            Tensor y = m.call(x);
            y.mul(Ranks.numbers(11, c.shape).narrow(0, from, n)).sum().backward();
            output = y.detach().reshape(-1).toDoubleArray();
            input = x.grad().reshape(-1).toDoubleArray();
        }
        return new Result(output, input, m.parameters().stream().map(p -> p.grad().toDoubleArray()).toList(),
                m.namedBuffers().values().stream().map(b -> b.to(DType.FLOAT64).reshape(-1).toDoubleArray()).toList());
    }

    private static void assertClose(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) assertThat(actual[i]).isCloseTo(expected[i], offset(1e-12));
    }

    @ParameterizedTest
    @MethodSource("cases") void ranks_normalise_as_one_process_with_the_whole_batch(Case c) throws Exception {
        Result whole;
        try (var scope = Scope.open(); var m = layer(c)) {
            whole = run(m, c, 0, c.shape[0]);
        }
        List<Result> ranks = Ranks.all(folder, c.parts.length, g -> {
            long from = 0;
            for (int r = 0; r < g.rank(); r++) from += c.parts[r];
            try (var m = SyncBatchNorm.convert(layer(c), g)) {
                return run(m, c, from, c.parts[g.rank()]);
            }
        });
        assertClose(ranks.stream().flatMapToDouble(r -> Arrays.stream(r.output)).toArray(), whole.output);
        assertClose(ranks.stream().flatMapToDouble(r -> Arrays.stream(r.input)).toArray(), whole.input);
        for (int p = 0; p < whole.parameters.size(); p++) {
            double[] sum = new double[5];
            for (Result r : ranks) for (int i = 0; i < 5; i++) sum[i] += r.parameters.get(p)[i];
            assertClose(sum, whole.parameters.get(p));
        }
        for (Result r : ranks) for (int b = 0; b < whole.buffers.size(); b++) assertClose(r.buffers.get(b), whole.buffers.get(b));
    }

    private static Sequential network() {
        var m = new Sequential(new Conv2d(2, 4, 3), new BatchNorm2d(4), new ReLU(), new Conv2d(4, 3, 3), new BatchNorm2d(3));
        m.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int at = 0;
            for (Tensor p : m.parameters()) p.copy_(Ranks.numbers(at++, p.shape()));
        }
        return m;
    }

    private static double[] train(Sequential m, @Nullable DataParallel parallel, int rank, int ranks)
            throws InterruptedException {
        for (int s = 0; s < 3; s++) {
            Tensor x = Ranks.numbers(1000 * s, 8, 2, 6, 6).narrow(0, 8 / ranks * rank, 8 / ranks);
            if (parallel != null) parallel.beforeForward();
            Tensor loss = m.call(x).sub(0.3).pow(4).mean();
            if (parallel == null) loss.backward();
            else parallel.backward(loss);
            try (var off = NoGrad.enter()) {
                for (Tensor p : m.parameters()) {
                    p.sub_(p.grad().mul(0.05));
                    p.setGrad(null);
                }
            }
        }
        var all = new ArrayList<Tensor>();
        for (Tensor t : m.stateDict().values()) all.add(t.detach().to(DType.FLOAT64).reshape(-1));
        return Aten.cat(all).toDoubleArray();
    }

    @Test void a_network_trained_by_two_ranks_is_that_of_one_process() throws Exception {
        double[] whole;
        try (var scope = Scope.open(); var m = network()) {
            whole = train(m, null, 0, 1);
        }
        for (double[] state : Ranks.all(folder, 2, g -> {
            try (var m = SyncBatchNorm.convert(network(), g); var parallel = DataParallel.of(m, g)) {
                return train(m, parallel, g.rank(), 2);
            }
        })) assertClose(state, whole);
    }

    @Test void small_types_are_normalised_in_float32() throws Exception {
        for (double[] pair : Ranks.all(folder, 2, g -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3), g); var plain = new BatchNorm1d(3)) {
                Tensor whole = Ranks.numbers(0, 8, 3).to(DType.BFLOAT16), x = whole.narrow(0, 4 * g.rank(), 4);
                Tensor leaf = x.clone().requiresGrad_(true), y = m.call(leaf), expected = plain.call(whole).narrow(0, 4 * g.rank(), 4);
                assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
                y.sum().backward();
                assertThat(leaf.grad().dtype()).isEqualTo(DType.BFLOAT16);
                return new double[] {y.sub(expected).abs().max().to(DType.FLOAT64).itemDouble()};
            }
        })) assertThat(pair[0]).isLessThan(0.02);
    }

    @Test void evaluation_and_copies_need_no_other_rank() throws Exception {
        Ranks.all(folder, 2, g -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3), g); var copy = Module.copyOf(m)) {
                Tensor x = Ranks.numbers(0, 4, 3).to(DType.FLOAT32);
                if (g.rank() == 0) {
                    copy.call(x);
                    m.eval();
                    m.call(x);
                }
                return "done";
            }
        });
    }

    private List<Object> run(Ranks.Rank<?> rank) throws Exception {
        return Ranks.run(folder, 2, Duration.ofSeconds(3), rank);
    }

    @Test void single_values_are_refused_on_every_rank() throws Exception {
        for (Object o : run(g -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3), g)) {
                return m.call(Ranks.numbers(0, 1, 3).to(DType.FLOAT32).narrow(0, 0, 1 - g.rank()));
            }
        })) assertThat(o).isInstanceOf(IllegalArgumentException.class).extracting("message").asString().contains("have 1");
    }

    @Test void another_layer_on_one_rank_is_an_exception_on_every_rank() throws Exception {
        for (Object o : run(g -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3 + g.rank()), g)) {
                return m.call(Ranks.numbers(0, 2, 3 + g.rank()).to(DType.FLOAT32));
            }
        })) assertThat(o).isInstanceOfSatisfying(DistributedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MISMATCH));
    }

    @Test void a_rank_that_leaves_before_the_backward_pass_is_named_there() throws Exception {
        List<Object> results = run(g -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3), g)) {
                Tensor y = m.call(Ranks.numbers(0, 2, 3).to(DType.FLOAT32));
                if (g.rank() == 1) throw new IllegalStateException("this rank fails");
                y.square().sum().backward();
                return "no exception";
            }
        });
        assertThat(results.getFirst()).isInstanceOfSatisfying(DistributedException.class,
                e -> assertThat(e.ranks()).as(e.getMessage()).containsExactly(1));
    }

    @Test void second_derivatives_are_refused() throws Exception {
        for (Object o : run(g -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3), g)) {
                Tensor x = Ranks.numbers(0, 2, 3).to(DType.FLOAT32).requiresGrad_(true);
                return Autograd.grad(List.of(m.call(x).square().sum()), List.of(x), null, true, true);
            }
        })) assertThat(o).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test void a_closed_group_is_an_exception() throws Exception {
        for (Object o : run((ProcessGroup g) -> {
            try (var m = SyncBatchNorm.convert(new BatchNorm1d(3), g)) {
                g.close();
                return m.call(Ranks.numbers(0, 2, 3).to(DType.FLOAT32));
            }
        })) assertThat(o).isInstanceOf(IllegalStateException.class).extracting("message").asString().contains("closed");
    }
}
