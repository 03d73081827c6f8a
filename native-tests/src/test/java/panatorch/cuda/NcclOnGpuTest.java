package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static panatorch.cuda.GpuRanks.from;
import static panatorch.cuda.GpuRanks.full;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.Collectives;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ProcessGroup.Backend;
import panatorch.distributed.ReduceOp;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.internal.library.NativeLibrary;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.SGD;

/** Collectives and training over NCCL, by one rank and by two, each a thread with a GPU. */
@Gpu
@NoTensorLeaks
@Timeout(300)
class NcclOnGpuTest {
    @BeforeEach void nccl_is_there() {
        assumeTrue(NativeLibrary.loadNccl() == null, "skipped: " + NativeLibrary.loadNccl());
    }

    private static List<Object> run(int ranks, GpuRanks.Rank<?> rank) throws Exception {
        assumeTrue(Cuda.deviceCount() >= ranks, "skipped: there are fewer than " + ranks + " GPUs");
        return GpuRanks.run(ranks, GpuRanks.options(Backend.NCCL), rank);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2}) void every_collective_gives_the_values_that_plain_sums_give(int n) throws Exception {
        double sum = n * (n + 1) / 2.0;
        assertThat(run(n, g -> {
            int r = g.rank();
            Tensor x = full(g, r + 1, 3);
            g.allReduce(ReduceOp.SUM, x).await();
            assertThat(x.toDoubleArray()).containsOnly(sum);
            x.fill_(r + 1);
            g.allReduce(ReduceOp.AVG, x).await();
            assertThat(x.toDoubleArray()).containsOnly(sum / n);
            x.fill_(r + 1);
            g.broadcast(n - 1, x).await();
            assertThat(x.toDoubleArray()).containsOnly(n);
            Tensor all = full(g, 0, n, 2);
            g.allGather(all, full(g, r + 1, 2)).await();
            for (int i = 0; i < n; i++) assertThat(all.select(0, i).toDoubleArray()).containsOnly(i + 1);
            Tensor part = full(g, 0, 2);
            g.reduceScatter(ReduceOp.SUM, part, from(g, r, 2 * n)).await();
            double ranks = n * (n - 1) / 2.0;
            assertThat(part.toDoubleArray()).containsExactly(2 * r * n + ranks, (2 * r + 1) * n + ranks);
            Tensor exchanged = full(g, 0, n);
            g.allToAll(exchanged, from(g, 10 * r, n)).await();
            for (int i = 0; i < n; i++) assertThat(exchanged.select(0, i).itemDouble()).isEqualTo(10 * i + r);
            Tensor strided = from(g, 0, 6).view(2, 3).t();
            g.allReduce(ReduceOp.SUM, strided).await();
            assertThat(strided.toDoubleArray()).containsExactly(0, 3 * n, n, 4 * n, 2 * n, 5 * n);
            g.barrier();
            return "done";
        })).containsOnly("done");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64", "INT8", "UINT8", "INT32", "INT64",
        "COMPLEX64"}) void sums_of_every_type_are_right(
                DType type) throws Exception {
        assertThat(run(2, g -> {
            Tensor x = Torch.full(new long[] {3}, g.rank() + 1, type).to(g.device());
            g.allReduce(ReduceOp.SUM, x).await();
            return (x.isComplex() ? Aten.viewAsReal(x).select(1, 0) : x).to(DType.FLOAT64).toDoubleArray();
        })).containsOnly(new double[] {3, 3, 3});
    }

    @Test void messages_gather_and_scatter_move_parts() throws Exception {
        assertThat(run(2, g -> {
            Tensor y = full(g, 0, 2);
            if (g.rank() == 0) {
                g.send(1, 5, full(g, 7, 2));
                g.receive(1, 6, y);
            } else {
                g.receive(0, 5, y);
                g.send(0, 6, y.mul(2));
            }
            Tensor all = g.rank() == 1 ? full(g, 0, 2, 2) : null;
            g.gather(1, all, full(g, g.rank() + 1, 2)).await();
            if (all != null) assertThat(all.toDoubleArray()).containsExactly(1, 1, 2, 2);
            Tensor part = full(g, 0, 2);
            g.scatter(1, part, all == null ? null : all.mul(10)).await();
            assertThat(part.toDoubleArray()).containsOnly(10 * (g.rank() + 1));
            return y.sum().itemDouble();
        })).containsExactly(28.0, 14.0);
    }

    @Test void a_collective_comes_after_the_current_stream_and_later_work_comes_after_it() throws Exception {
        assertThat(run(2, g -> {
            try (var on = Stream.pooled(g.device()).enter()) {
                Tensor x = full(g, 0, 1 << 20);
                Gpus.sleep(100_000_000);
                x.fill_(g.rank() + 1);
                g.allReduce(ReduceOp.SUM, x).await();
                return x.mul(2).sum().itemDouble();
            }
        })).containsOnly(6.0 * (1 << 20));
    }

    @Test void functional_collectives_find_the_group_and_derivatives_pass_it() throws Exception {
        assertThat(run(2, g -> {
            g.register("gpus" + g.rank());
            Tensor sum =
                    (Tensor) Operators.call("_c10d_functional::all_reduce", full(g, g.rank() + 1, 1), "sum", "gpus" + g.rank()).getFirst();
            Operators.call("_c10d_functional::wait_tensor", sum);
            Tensor x = full(g, g.rank() + 1, 1).requiresGrad_(true);
            Collectives.allReduce(g, ReduceOp.SUM, x.mul(x)).sum().backward();
            return sum.itemDouble() + x.grad().itemDouble();
        })).containsExactly(7.0, 11.0);
    }

    private static Module net() {
        Torch.manualSeed(5);
        return new Sequential(new Linear(8, 16), new ReLU(), new Linear(16, 4)).to(DType.FLOAT64);
    }

    private static Tensor batch() {
        Torch.manualSeed(6);
        return Torch.randn(DType.FLOAT64, 8, 8);
    }

    private static double[] parameters(Module net) {
        return net.stateDict().values().stream().flatMapToDouble(t -> java.util.Arrays.stream(t.toDoubleArray())).toArray();
    }

    /** Five steps of SGD on the whole batch, in one process on the CPU. */
    private static double[] alone() {
        try (var net = net(); var sgd = new SGD(net.parameters(), SGD.options(0.1))) {
            for (int i = 0; i < 5; i++) try (var scope = Scope.open()) {
                sgd.zeroGrad();
                net.call(batch()).square().mean().backward();
                sgd.step();
            }
            try (var scope = Scope.open()) {
                return parameters(net);
            }
        }
    }

    private static Tensor own(ProcessGroup g) { return batch().narrow(0, 4L * g.rank(), 4).to(g.device()); }

    @Test void data_parallel_steps_are_those_of_the_whole_batch() throws Exception {
        double[] expected = alone();
        assertThat(run(2, g -> {
            try (var net = net().to(g.device()); var parallel = DataParallel.of(net, g);
                    var sgd = new SGD(net.parameters(), SGD.options(0.1))) {
                for (int i = 0; i < 5; i++) try (var scope = Scope.open()) {
                    sgd.zeroGrad();
                    parallel.beforeForward();
                    parallel.backward(net.call(own(g)).square().mean());
                    sgd.step();
                }
                return difference(parameters(net), expected);
            }
        })).allSatisfy(d -> assertThat((double) d).isLessThan(1e-12));
    }

    @Test void sharded_steps_are_those_of_the_whole_batch() throws Exception {
        double[] expected = alone();
        assertThat(run(2, g -> {
            try (var net = net().to(g.device()); var sharded = FullyShardedDataParallel.of(net, g, m -> m instanceof Linear);
                    var sgd = new SGD(net.parameters(), SGD.options(0.1))) {
                for (int i = 0; i < 5; i++) try (var scope = Scope.open()) {
                    sgd.zeroGrad();
                    sharded.backward(net.call(own(g)).square().mean());
                    assertThat(sharded.clipGradNorm(1e6)).isPositive();
                    sgd.step();
                }
                return difference(parameters(net), expected);
            }
        })).allSatisfy(d -> assertThat((double) d).isLessThan(1e-12));
    }

    private static double difference(double[] a, double[] b) {
        assertThat(a).hasSameSizeAs(b);
        return LongStream.range(0, a.length).mapToDouble(i -> Math.abs(a[(int) i] - b[(int) i])).max().orElseThrow();
    }
}
