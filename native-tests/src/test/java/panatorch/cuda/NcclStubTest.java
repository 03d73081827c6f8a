package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.cuda.GpuRanks.from;
import static panatorch.cuda.GpuRanks.full;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.distributed.DistributedException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.Launch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ProcessGroup.Backend;
import panatorch.distributed.ReduceOp;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.parallel.DataParallel;

/**
 * libtorch's own NCCL backend, called without a GPU, on the stubs of CUDA and NCCL in {@code src/test/cuda}. The stub of NCCL copies and
 * adds for ranks that are threads, so what collectives compute is checked; CUDA's kernels compute nothing, so what else happens on a GPU is
 * not.
 */
@EnabledIf(value = "panatorch.cuda.Gpus#isStub",
        disabledReason = "this is for the stub that src/test/cuda/build.py makes: PANATORCH_LIBTORCH and LD_LIBRARY_PATH name its folder")
@NoTensorLeaks
@Timeout(120)
class NcclStubTest {
    private static final int N = 2;

    @ParameterizedTest
    @EnumSource(names = {"AUTOMATIC", "NCCL"}) void every_collective_gives_the_values_that_plain_sums_give(Backend backend)
            throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(backend), g -> {
            int r = g.rank();
            assertThat(g.device()).isEqualTo(Device.cuda(r));
            for (var op : Map.of(ReduceOp.SUM, 3.0, ReduceOp.AVG, 1.5, ReduceOp.MAX, 2.0, ReduceOp.MIN, 1.0, ReduceOp.PRODUCT, 2.0)
                    .entrySet()) {
                Tensor x = full(g, r + 1, 3);
                g.allReduce(op.getKey(), x).await();
                assertThat(x.toDoubleArray()).as("%s", op.getKey()).containsOnly(op.getValue());
            }
            Tensor x = full(g, r + 1, 3);
            g.broadcast(1, x).await();
            assertThat(x.toDoubleArray()).containsOnly(2);
            x = full(g, r + 1, 3);
            g.reduce(ReduceOp.SUM, 1, x).await();
            if (r == 1) assertThat(x.toDoubleArray()).containsOnly(3);
            Tensor all = full(g, 0, N, 2);
            g.allGather(all, full(g, r + 1, 2)).await();
            assertThat(all.toDoubleArray()).containsExactly(1, 1, 2, 2);
            Tensor part = full(g, 0, 2);
            g.reduceScatter(ReduceOp.SUM, part, from(g, r, 4)).await();
            assertThat(part.toDoubleArray()).containsExactly(4 * r + 1, 4 * r + 3);
            Tensor exchanged = full(g, 0, 4);
            g.allToAll(exchanged, from(g, 10 * r, 4)).await();
            assertThat(exchanged.toDoubleArray()).containsExactly(2 * r, 2 * r + 1, 10 + 2 * r, 11 + 2 * r);
            g.barrier();
            return "done";
        })).containsOnly("done");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "INT8", "UINT8", "INT32", "INT64"}) void sums_of_types_are_right(DType type)
            throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            Tensor x = Torch.full(new long[] {3}, g.rank() + 1, type).to(g.device());
            g.allReduce(ReduceOp.SUM, x).await();
            return x.cpu().to(DType.FLOAT64).toDoubleArray();
        })).containsOnly(new double[] {3, 3, 3});
    }

    @Test void tensors_on_the_cpu_take_part_in_the_same_group() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            Tensor x = Torch.full(new long[] {2}, g.rank() + 1, DType.FLOAT16), y = full(g, g.rank() + 1, 2);
            g.allReduce(ReduceOp.SUM, x).await();
            g.allReduce(ReduceOp.SUM, y).await();
            List<Map<String, Tensor>> all = g.allGather(Map.of("x" + g.rank(), full(g, g.rank(), 2), "y" + g.rank(), Torch.ones(1)));
            assertThat(all.get(1 - g.rank()).get("x" + (1 - g.rank())).device()).isEqualTo(g.device());
            assertThat(all.get(1 - g.rank()).get("y" + (1 - g.rank())).device()).isEqualTo(Device.CPU);
            return x.sum().itemFloat() + y.cpu().sum().itemDouble() + String.join("", g.allGather("t" + g.rank()));
        })).containsOnly("12.0t0t1");
    }

    @Test void messages_and_parts_move_between_two_ranks() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.AUTOMATIC), g -> {
            Tensor y = full(g, 0, 2);
            if (g.rank() == 0) {
                g.send(1, 5, full(g, 7, 2));
                g.receive(1, 6, y);
            } else {
                g.receive(0, 5, y);
                g.send(0, 6, full(g, 14, 2));
            }
            Tensor all = g.rank() == 1 ? full(g, 0, N, 2) : null;
            g.gather(1, all, full(g, g.rank() + 1, 2)).await();
            if (all != null) assertThat(all.toDoubleArray()).containsExactly(1, 1, 2, 2);
            Tensor part = full(g, 0, 2);
            g.scatter(1, part, all).await();
            assertThat(part.toDoubleArray()).containsOnly(g.rank() + 1);
            return y.cpu().sum().itemDouble();
        })).containsExactly(28.0, 14.0);
    }

    @Test void a_subgroup_has_the_gpus_of_its_members() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            try (var turned = g.subgroup(1, 0).orElseThrow()) {
                assertThat(turned.device()).isEqualTo(g.device());
                Tensor x = full(turned, turned.rank() + 1, 1);
                turned.broadcast(0, x).await();
                return x.cpu().itemDouble();
            }
        })).containsOnly(1.0);
    }

    @Test void two_ranks_of_one_gpu_are_named_or_keep_to_the_cpu() throws Exception {
        var one = List.of(Gpus.FIRST, Gpus.FIRST);
        assertThat(GpuRanks.run(one, GpuRanks.options(Backend.NCCL), g -> "joined")).hasSize(2).allSatisfy(e -> assertThat((Throwable) e)
                .isInstanceOf(DistributedException.class)
                .hasMessageContaining("ranks 0 and 1 have the same GPU, which is cuda:0 of rank 0"));
        assertThat(GpuRanks.run(one, GpuRanks.options(Backend.AUTOMATIC), g -> {
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.SUM, Torch.ones(2).to(Gpus.FIRST)))
                    .withMessageContaining("on the CPU only, not float32 [2] on cuda:0, because ranks 0 and 1 have the same GPU");
            return g.device();
        })).containsOnly(Device.CPU);
    }

    @Test void a_gpu_that_is_not_there_is_named() throws Exception {
        assertThat(GpuRanks.run(List.of(Device.cuda(7)), GpuRanks.options(Backend.NCCL), g -> "joined")).allSatisfy(
                e -> assertThat((Throwable) e)
                        .hasMessage("NCCL cannot be used: rank 0 has no GPU: there is no cuda:7: libtorch found 2 GPUs"));
    }

    @Test void a_launched_rank_has_the_gpu_of_its_number_on_the_machine() throws Exception {
        for (int localRank = 0; localRank < 2; localRank++)
            try (var group = ProcessGroup.join(launch(localRank), GpuRanks.options(Backend.NCCL))) {
                assertThat(group.device()).isEqualTo(Device.cuda(localRank));
            }
        assertThatThrownBy(() -> ProcessGroup.join(launch(2), GpuRanks.options(Backend.NCCL))).hasMessage(
                "NCCL cannot be used: rank 0 has no GPU: it is number 2 on its machine (LOCAL_RANK), which has 2 GPUs");
        try (var group = ProcessGroup.join(launch(2), GpuRanks.options(Backend.AUTOMATIC))) {
            assertThat(group.device()).isEqualTo(Device.CPU);
        }
    }

    private static Launch launch(int localRank) throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Launch(0, 1, localRank, 3, "127.0.0.1", socket.getLocalPort(), false, 0);
        }
    }

    @Test void what_nccl_cannot_send_is_refused_and_the_group_goes_on() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            Tensor whole = Torch.ones(DType.INT64, 2).to(g.device()), elsewhere = Torch.ones(2).to(Device.cuda(1 - g.rank()));
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.BAND, whole))
                    .withMessageContaining("NCCL has no BAND");
            assertThatIllegalArgumentException().isThrownBy(() -> g.broadcast(0, Torch.ones(DType.INT16, 2).to(g.device())))
                    .withMessageContaining("NCCL does not send int16");
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.SUM, elsewhere))
                    .withMessageContaining("this rank takes part with " + g.device());
            assertThatIllegalArgumentException().isThrownBy(() -> g.allGather(Torch.ones(4), Torch.ones(2).to(g.device())))
                    .withMessageContaining("must be on one device");
            g.allReduce(ReduceOp.SUM, whole).await();
            return whole.cpu().sum().itemLong();
        })).containsOnly(4L);
    }

    // ---- failures

    private static DistributedException failure(Object result) { return (DistributedException) result; }

    @Test void different_calls_are_an_exception_on_every_rank() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            g.allReduce(ReduceOp.SUM, g.rank() == 0 ? full(g, 1, 3) : Torch.ones(DType.FLOAT64, 3)).await();
            return "done";
        })).allSatisfy(e -> {
            assertThat(failure(e).reason()).isEqualTo(Reason.MISMATCH);
            assertThat(failure(e))
                    .hasMessageContaining("rank 0: all-reduce SUM of float64 [3] on a GPU; rank 1: all-reduce SUM of float64 [3]");
        });
    }

    @Test void a_rank_that_does_not_come_is_named_at_the_timeout() throws Exception {
        var late = new CompletableFuture<String>();
        List<Object> results = GpuRanks.run(N, GpuRanks.unchecked(Duration.ofSeconds(2)), g -> {
            if (g.rank() == 1) return late.get(60, TimeUnit.SECONDS);
            try {
                g.allReduce(ReduceOp.SUM, full(g, 1, 3)).await();
                return "done";
            } finally {
                late.complete("late");
            }
        });
        assertThat(failure(results.getFirst()).reason()).isEqualTo(Reason.TIMEOUT);
        assertThat(failure(results.getFirst()).ranks()).containsExactly(1);
        assertThat(failure(results.getFirst()))
                .hasMessageStartingWith("#1 all-reduce SUM of float64 [3] on a GPU failed on rank 0 of 2; missing: ranks [1]");
        assertThat(results.get(1)).isEqualTo("late");
    }

    @Test void a_wait_can_be_interrupted_and_the_collective_goes_on() throws Exception {
        var interrupted = new CompletableFuture<String>();
        assertThat(GpuRanks.run(N, GpuRanks.unchecked(Duration.ofSeconds(30)), g -> {
            Tensor x = full(g, g.rank() + 1, 3);
            if (g.rank() == 1) {
                interrupted.get(30, TimeUnit.SECONDS);
                g.allReduce(ReduceOp.SUM, x).await();
                return x.cpu().sum().itemDouble();
            }
            var work = g.allReduce(ReduceOp.SUM, x);
            assertThat(work.await(Duration.ofMillis(50))).isFalse();
            Thread.currentThread().interrupt();
            assertThatThrownBy(work::await).isInstanceOf(InterruptedException.class);
            interrupted.complete("");
            work.await();
            return x.cpu().sum().itemDouble();
        })).containsOnly(9.0);
    }

    /** In Python, libtorch's watchdog ends the process then. */
    @Test void an_error_of_the_gpu_is_an_exception_and_the_process_goes_on() throws Exception {
        var broken = new CompletableFuture<String>();
        try {
            List<Object> results = GpuRanks.run(N, GpuRanks.unchecked(Duration.ofSeconds(30)), g -> {
                if (g.rank() == 1) return broken.get(30, TimeUnit.SECONDS);
                try (var work = g.allReduce(ReduceOp.SUM, full(g, 1, 3))) {
                    breakGpus(700);
                    Thread.sleep(1000); // the watchdog looks ten times in this time
                    work.await();
                    return "done";
                } finally {
                    broken.complete("");
                }
            });
            assertThat(failure(results.getFirst())).hasMessageContaining("error 700 of the stub");
        } finally {
            breakGpus(0);
        }
    }

    @SuppressWarnings("restricted") private static void breakGpus(int error) {
        try {
            Linker.nativeLinker().downcallHandle(SymbolLookup.loaderLookup().find("stubBreak").orElseThrow(),
                    FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)).invokeExact(error);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    // ---- training

    private static Sequential net(ProcessGroup g) {
        Torch.manualSeed(g.rank());
        var net = new Sequential(new Linear(8, 16), new ReLU(), new Linear(16, 4));
        net.to(g.device());
        return net;
    }

    @Test void data_parallel_steps_run_on_gpus() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            try (var net = net(g); var parallel = DataParallel.of(net, g)) {
                for (int i = 0; i < 3; i++) {
                    net.zeroGrad();
                    parallel.beforeForward();
                    parallel.backward(net.call(full(g, 1, 5, 8).to(DType.FLOAT32)).sum());
                    assertThat(net.parameters()).allMatch(p -> p.grad() != null && p.grad().device().equals(g.device()));
                }
                return "done";
            }
        })).containsOnly("done");
    }

    @Test void a_rank_that_fails_in_backward_is_heard_of_soon() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            try (var net = net(g); var parallel = DataParallel.of(net, g)) {
                parallel.beforeForward();
                Tensor y = net.call(full(g, 1, 5, 8).to(DType.FLOAT32)).sum();
                if (g.rank() == 1) y.registerHook(gradient -> { throw new IllegalStateException("rank 1 has failed"); });
                parallel.backward(y);
                return "done";
            }
        })).allSatisfy(e -> assertThat((Throwable) e).hasStackTraceContaining("rank 1 has failed"));
    }

    @Test void sharded_steps_run_on_gpus() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.options(Backend.NCCL), g -> {
            try (var net = net(g); var sharded = FullyShardedDataParallel.of(net, g, m -> m instanceof Linear)) {
                for (int i = 0; i < 2; i++) {
                    net.zeroGrad();
                    sharded.backward(net.call(full(g, 1, 5, 8).to(DType.FLOAT32)).sum());
                    sharded.clipGradNorm(1);
                }
                assertThat(net.stateDict().values()).allMatch(t -> t.device().equals(g.device()));
                return "done";
            }
        })).containsOnly("done");
    }

    @Test void an_unfinished_group_does_not_keep_the_thread_that_closes_it() throws Exception {
        assertThat(GpuRanks.run(N, GpuRanks.unchecked(Duration.ofSeconds(2)), g -> {
            if (g.rank() == 0)
                assertThatThrownBy(() -> g.allReduce(ReduceOp.SUM, full(g, 1, 3)).await()).isInstanceOf(TorchException.class);
            return "closed";
        })).containsOnly("closed");
    }
}
