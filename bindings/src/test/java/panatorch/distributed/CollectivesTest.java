package panatorch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.DistributedException.Reason;
import panatorch.junit.NoTensorLeaks;

/**
 * Each collective is a linear map of the tensors of all ranks, so its gradient is that map's transpose, applied to the weights w of the
 * losses Σ w·y. Rank r has x = 10r + (0, 1, …) and w = 100r + (1, 2, …).
 */
@NoTensorLeaks
@Timeout(120)
class CollectivesTest {
    @TempDir
    Path folder;

    private List<Object> run(int ranks, Ranks.Rank<?> rank) throws Exception {
        return Ranks.run(folder, ranks, Ranks.OPTIONS, rank);
    }

    private static Tensor x(int rank, int n) {
        return Torch.arange(n).to(DType.FLOAT64).add(10 * rank).requiresGrad_(true);
    }

    private static Tensor w(int rank, int n) {
        return Torch.arange(n).to(DType.FLOAT64).add(100 * rank + 1);
    }

    private record Result(double[] value, double[] gradient) {}

    /** The value and the gradient on each rank. */
    private List<Result> of(int ranks, int n, BiFunction<ProcessGroup, Tensor, Tensor> collective) throws Exception {
        return run(ranks, g -> {
            Tensor x = x(g.rank(), n), y = collective.apply(g, x);
            y.mul(w(g.rank(), Math.toIntExact(y.numel()))).sum().backward();
            return new Result(y.toDoubleArray(), x.grad().toDoubleArray());
        }).stream().map(o -> o instanceof Result r ? r : failed(o)).toList();
    }

    private static Result failed(Object o) {
        throw new AssertionError("a rank failed", (Throwable) o);
    }

    /** Sums over ranks: of x[i], and of w[i]. */
    private static double sumX(int n, int i) { return n * i + 10 * n * (n - 1) / 2.0; }

    private static double sumW(int n, int i) { return n * (i + 1) + 100 * n * (n - 1) / 2.0; }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void all_reduce_sums_values_and_gradients(int n) throws Exception {
        for (Result r : of(n, 2, (g, x) -> Collectives.allReduce(g, ReduceOp.SUM, x))) {
            assertThat(r.value).containsExactly(sumX(n, 0), sumX(n, 1));
            assertThat(r.gradient).containsExactly(sumW(n, 0), sumW(n, 1));
        }
        for (Result r : of(n, 2, (g, x) -> Collectives.allReduce(g, ReduceOp.AVG, x))) {
            assertThat(r.value).containsExactly(sumX(n, 0) / n, sumX(n, 1) / n);
            assertThat(r.gradient).containsExactly(sumW(n, 0) / n, sumW(n, 1) / n);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void broadcast_and_reduce_are_each_others_gradients(int n) throws Exception {
        int root = n - 1;
        List<Result> broadcast = of(n, 2, (g, x) -> Collectives.broadcast(g, root, x));
        List<Result> reduce = of(n, 2, (g, x) -> Collectives.reduce(g, ReduceOp.SUM, root, x));
        List<Result> mean = of(n, 2, (g, x) -> Collectives.reduce(g, ReduceOp.AVG, root, x));
        for (int r = 0; r < n; r++) {
            assertThat(broadcast.get(r).value).containsExactly(10 * root, 10 * root + 1);
            assertThat(broadcast.get(r).gradient).containsExactly(r == root ? new double[] {sumW(n, 0), sumW(n, 1)} : new double[2]);
            assertThat(reduce.get(r).value).containsExactly(r == root ? new double[] {sumX(n, 0), sumX(n, 1)} : new double[2]);
            assertThat(reduce.get(r).gradient).containsExactly(100 * root + 1, 100 * root + 2);
            assertThat(mean.get(r).gradient).containsExactly((100 * root + 1.0) / n, (100 * root + 2.0) / n);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void all_gather_and_reduce_scatter_are_each_others_gradients(int n) throws Exception {
        List<Result> gather = of(n, 2, Collectives::allGather);
        List<Result> scatter = of(n, 2 * n, (g, x) -> Collectives.reduceScatter(g, ReduceOp.SUM, x));
        List<Result> mean = of(n, 2 * n, (g, x) -> Collectives.reduceScatter(g, ReduceOp.AVG, x));
        for (int r = 0; r < n; r++) {
            assertThat(gather.get(r).gradient).containsExactly(sumW(n, 2 * r), sumW(n, 2 * r + 1));
            assertThat(scatter.get(r).value).containsExactly(sumX(n, 2 * r), sumX(n, 2 * r + 1));
            for (int i = 0; i < 2 * n; i++) {
                int owner = i / 2;
                assertThat(gather.get(r).value[i]).isEqualTo(10 * owner + i % 2);
                assertThat(scatter.get(r).gradient[i]).isEqualTo(100 * owner + i % 2 + 1);
                assertThat(mean.get(r).gradient[i]).isEqualTo((100 * owner + i % 2 + 1.0) / n);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void all_to_all_sends_values_there_and_gradients_back(int n) throws Exception {
        List<Result> results = of(n, n, Collectives::allToAll);
        for (int r = 0; r < n; r++) for (int s = 0; s < n; s++) {
            assertThat(results.get(r).value[s]).isEqualTo(10 * s + r);
            assertThat(results.get(r).gradient[s]).isEqualTo(100 * s + r + 1);
        }
    }

    /** y = Σ x and the sum of all losses is n y³, whose first derivative is 3n y². That of the sum of those over all ranks is 6n² y. */
    @Test void derivatives_of_derivatives_cross_ranks_too() throws Exception {
        assertThat(run(2, g -> {
            Tensor x = x(g.rank(), 1), y = Collectives.allReduce(g, ReduceOp.SUM, x);
            Tensor first = Autograd.grad(List.of(y.pow(3).sum()), List.of(x), null, true, true).getFirst();
            Tensor second = Autograd.grad(first.sum(), x).getFirst();
            return List.of(first.itemDouble(), second.itemDouble());
        })).containsOnly(List.of(3 * 2 * 100.0, 6 * 4 * 10.0));
    }

    @Test void strided_tensors_and_their_gradients_are_whole() throws Exception {
        for (Object o : run(2, g -> {
            Tensor leaf = Torch.arange(6).to(DType.FLOAT64).reshape(2, 3).requiresGrad_(true);
            Tensor y = Collectives.allGather(g, leaf.t());
            assertThat(y.toDoubleArray()).containsExactly(0, 3, 1, 4, 2, 5, 0, 3, 1, 4, 2, 5);
            y.sum().backward(); // whose gradient is one expanded element
            return leaf.grad().toDoubleArray();
        })) assertThat((double[]) o).containsOnly(2);
    }

    @Test void a_mismatch_is_an_exception_on_every_rank() throws Exception {
        for (Object o : run(2, g -> Collectives.allReduce(g, ReduceOp.SUM, x(0, 2 + g.rank()))))
            assertThat(o).isInstanceOfSatisfying(DistributedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MISMATCH));
    }

    @Test void a_rank_that_leaves_before_the_backward_pass_is_named_there() throws Exception {
        List<Object> results = Ranks.run(folder, 2, Ranks.OPTIONS.timeout(Duration.ofSeconds(3)), g -> {
            Tensor y = Collectives.allReduce(g, ReduceOp.SUM, x(g.rank(), 2));
            if (g.rank() == 1) throw new IllegalStateException("this rank fails");
            y.sum().backward();
            return "no exception";
        });
        assertThat(results.getFirst()).isInstanceOfSatisfying(DistributedException.class,
                e -> assertThat(e.ranks()).as(e.getMessage()).containsExactly(1));
    }

    @Test void an_interrupt_breaks_the_group_and_stays_set() throws Exception {
        List<Object> results = run(2, g -> {
            g.barrier();
            if (g.rank() == 1) {
                Thread.sleep(1500);
                return "late";
            }
            Thread own = Thread.currentThread();
            Thread.startVirtualThread(() -> {
                LockSupport.parkNanos(300_000_000);
                own.interrupt();
            });
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> Collectives.allReduce(g, ReduceOp.SUM, x(0, 1)))
                    .withMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();
            assertThatExceptionOfType(DistributedException.class).isThrownBy(g::barrier).withMessageContaining("is broken");
            return "interrupted";
        });
        assertThat(results).containsExactly("interrupted", "late");
    }

    @Test void wrong_arguments_are_refused() throws Exception {
        assertThat(run(1, g -> {
            assertThatIllegalArgumentException().isThrownBy(() -> Collectives.allReduce(g, ReduceOp.MAX, x(0, 2)))
                    .withMessageContaining("MAX has no derivative");
            assertThatIllegalArgumentException().isThrownBy(() -> Collectives.allGather(g, Torch.tensor(1.0)))
                    .withMessageContaining("unsqueeze");
            assertThatIllegalArgumentException().isThrownBy(() -> Collectives.allToAll(g, Torch.tensor(1.0)));
            assertThatIllegalArgumentException().isThrownBy(() -> Collectives.broadcast(g, 1, x(0, 2))).withMessageContaining("not 1");
            return "refused";
        })).containsExactly("refused");
        for (Object o : run(2, g -> Collectives.reduceScatter(g, ReduceOp.SUM, x(0, 3))))
            assertThat(o).isInstanceOf(IllegalArgumentException.class);
    }
}
