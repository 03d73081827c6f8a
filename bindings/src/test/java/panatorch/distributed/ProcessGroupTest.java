package panatorch.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static panatorch.Index.ALL;
import static panatorch.Index.slice;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.library.ProcessMemory;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(120)
class ProcessGroupTest {
    @TempDir
    Path folder;

    private List<Object> run(int ranks, Ranks.Rank<?> rank) throws Exception {
        return Ranks.run(folder, ranks, Ranks.OPTIONS, rank);
    }

    private static Tensor full(double value, long... shape) {
        return Torch.full(shape, value, DType.FLOAT64);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void every_collective_gives_the_values_that_plain_sums_give(int n) throws Exception {
        double sum = n * (n + 1) / 2.0;
        List<Object> results = run(n, g -> {
            int r = g.rank();
            Tensor x = full(r + 1, 3);
            g.allReduce(ReduceOp.SUM, x).await();
            assertThat(x.toDoubleArray()).containsExactly(sum, sum, sum);
            x.fill_(r + 1);
            g.allReduce(ReduceOp.AVG, x).await();
            assertThat(x.toDoubleArray()).containsOnly(sum / n);
            x.fill_(r + 1);
            g.allReduce(ReduceOp.MAX, x).await();
            assertThat(x.toDoubleArray()).containsOnly(n);
            x.fill_(r + 1);
            g.broadcast(n - 1, x).await();
            assertThat(x.toDoubleArray()).containsOnly(n);
            x.fill_(r + 1);
            g.reduce(ReduceOp.SUM, 0, x).await();
            if (r == 0) assertThat(x.toDoubleArray()).containsOnly(sum);
            Tensor all = full(0, n, 2);
            g.allGather(all, full(r + 1, 2)).await();
            for (int i = 0; i < n; i++) assertThat(all.select(0, i).toDoubleArray()).containsExactly(i + 1, i + 1);
            Tensor part = full(0, 2);
            g.reduceScatter(ReduceOp.SUM, part, Torch.arange(2 * n).to(DType.FLOAT64).add(r)).await();
            double ranks = n * (n - 1) / 2.0;
            assertThat(part.toDoubleArray()).containsExactly(2 * r * n + ranks, (2 * r + 1) * n + ranks);
            Tensor exchanged = full(0, n);
            g.allToAll(exchanged, Torch.arange(n).to(DType.FLOAT64).add(10 * r)).await();
            for (int i = 0; i < n; i++) assertThat(exchanged.select(0, i).itemDouble()).isEqualTo(10 * i + r);
            g.barrier();
            return "done";
        });
        assertThat(results).containsOnly("done");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64", "INT8", "UINT8", "INT32", "INT64"}) void sums_of_every_type_are_right(
            DType type) throws Exception {
        assertThat(run(2, g -> {
            Tensor x = Torch.full(new long[] {3}, g.rank() + 1, type);
            g.allReduce(ReduceOp.SUM, x).await();
            return x.to(DType.FLOAT64).toDoubleArray();
        })).containsOnly(new double[] {3, 3, 3});
    }

    @Test void strided_tensors_are_summed_whole() throws Exception {
        assertThat(run(2, g -> {
            Tensor whole = Torch.arange(16).to(DType.FLOAT64).reshape(4, 4);
            Tensor view = whole.get(ALL, slice(0, 2));
            g.allReduce(ReduceOp.SUM, view).await();
            assertThat(view.toDoubleArray()).containsExactly(0, 2, 8, 10, 16, 18, 24, 26);
            assertThat(whole.get(ALL, slice(2, 4)).toDoubleArray()).containsExactly(2, 3, 6, 7, 10, 11, 14, 15);
            Tensor gathered = full(0, 2, 4).t(); // strided, too
            g.allGather(gathered, whole.get(ALL, 1)).await();
            return gathered.toDoubleArray();
        })).containsOnly(new double[] {2, 10, 18, 26, 2, 10, 18, 26});
    }

    @Test void messages_arrive_by_rank_and_tag() throws Exception {
        assertThat(run(2, g -> {
            Tensor y = full(0, 2);
            if (g.rank() == 0) {
                g.send(1, 5, full(7, 2));
                g.receive(1, 6, y);
            } else {
                g.receive(0, 5, y);
                g.send(0, 6, y.mul(2));
            }
            return y.sum().itemDouble();
        })).containsExactly(28.0, 14.0);
    }

    @Test void gather_and_scatter_move_parts_to_and_from_the_root() throws Exception {
        assertThat(run(3, g -> {
            Tensor all = g.rank() == 1 ? full(0, 3, 2) : null;
            g.gather(1, all, full(g.rank() + 1, 2)).await();
            if (all != null) assertThat(all.toDoubleArray()).containsExactly(1, 1, 2, 2, 3, 3);
            Tensor part = full(0, 2);
            g.scatter(1, part, all == null ? null : all.mul(10)).await();
            return part.toDoubleArray();
        })).containsExactly(new double[] {10, 10}, new double[] {20, 20}, new double[] {30, 30});
    }

    @Test void a_subgroup_sums_over_its_members_only() throws Exception {
        assertThat(run(3, g -> {
            Tensor x = full(g.rank() + 1, 1);
            var pair = g.subgroup(2, 0);
            var alone = g.subgroup(1);
            if (pair.isPresent()) try (var members = pair.get()) {
                assertThat(members.rank()).isEqualTo(g.rank() == 2 ? 0 : 1);
                members.allReduce(ReduceOp.SUM, x).await();
            }
            if (alone.isPresent()) alone.get().close();
            g.barrier();
            return x.itemDouble();
        })).containsExactly(4.0, 2.0, 4.0);
    }

    private static DistributedException mismatch(Object result) {
        assertThat(result).isInstanceOf(DistributedException.class);
        var e = (DistributedException) result;
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(Reason.MISMATCH);
        return e;
    }

    /** In Gloo alone, the process of the smaller tensor ends with exit status 134. */
    @Test void mismatched_sizes_are_exceptions_on_every_rank_and_the_tensors_keep_their_values() throws Exception {
        List<Object> results = run(2, g -> {
            g.barrier();
            Tensor x = full(1, g.rank() == 0 ? 300_000 : 400_000);
            try {
                g.allReduce(ReduceOp.SUM, x).await();
            } finally {
                assertThat(x.sum().itemDouble()).isEqualTo(x.numel());
            }
            return "no exception";
        });
        for (Object result : results)
            assertThat(mismatch(result).getMessage()).contains("#2", "rank 0: all-reduce SUM of float64 [300000]",
                    "rank 1: all-reduce SUM of float64 [400000]");
    }

    @Test void mismatched_types_and_operations_are_exceptions_on_every_rank() throws Exception {
        run(2, g -> {
            g.allReduce(ReduceOp.SUM, Torch.zeros(g.rank() == 0 ? DType.FLOAT32 : DType.INT32, 4)).await();
            return "no exception";
        }).forEach(ProcessGroupTest::mismatch);
    }

    @Test void different_operations_are_exceptions_on_every_rank() throws Exception {
        run(2, g -> {
            Tensor x = full(1, 4);
            (g.rank() == 0 ? g.allReduce(ReduceOp.SUM, x) : g.broadcast(0, x)).await();
            return "no exception";
        }).forEach(ProcessGroupTest::mismatch);
    }

    @Test void a_message_of_another_size_is_an_exception_on_both_sides() throws Exception {
        List<Object> results = run(2, g -> {
            if (g.rank() == 0) g.send(1, 0, full(1, 400_000));
            else g.receive(0, 0, full(0, 3));
            return "no exception";
        });
        results.forEach(ProcessGroupTest::mismatch);
        assertThat(((Throwable) results.getLast()).getMessage()).contains("rank 0 sends float64 [400000]", "float64 [3]");
    }

    @Test void a_missing_rank_is_named_at_the_timeout_and_the_group_stays_broken() throws Exception {
        List<Object> results = Ranks.run(folder, 2, Ranks.OPTIONS.timeout(Duration.ofSeconds(2)), g -> {
            g.barrier();
            if (g.rank() == 1) {
                Thread.sleep(5000);
                return "late";
            }
            long begin = System.nanoTime();
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> g.allReduce(ReduceOp.SUM, full(1, 4)).await())
                    .withMessageContaining("#2 all-reduce SUM of float64 [4]").withMessageContaining("missing: ranks [1]")
                    .matches(e -> e.ranks().equals(List.of(1)) && e.reason() == Reason.TIMEOUT);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
            long again = System.nanoTime();
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> g.barrier()).withMessageContaining("is broken");
            assertThat(Duration.ofNanos(System.nanoTime() - again)).isLessThan(Duration.ofMillis(500));
            return "named";
        });
        assertThat(results).containsExactly("named", "late");
    }

    @Test void a_rank_that_never_joins_is_named() throws Exception {
        try (Store store = Store.file(folder.resolve("store"), 2, Duration.ofSeconds(5))) {
            assertThatExceptionOfType(DistributedException.class)
                    .isThrownBy(() -> ProcessGroup.of(store, 0, 2, Ranks.OPTIONS.timeout(Duration.ofSeconds(1))))
                    .withMessageContaining("missing: ranks [1]")
                    .matches(e -> e.reason() == Reason.RENDEZVOUS && e.ranks().equals(List.of(1)));
        }
    }

    @Test void a_rank_that_exists_twice_is_refused_on_every_rank() throws Exception {
        try (Store store = Store.file(folder.resolve("store"), 2, Duration.ofSeconds(5))) {
            Thread first = Thread.startVirtualThread(() -> assertThatExceptionOfType(DistributedException.class)
                    .isThrownBy(() -> ProcessGroup.of(store, 1, 2, Ranks.OPTIONS)));
            Thread.sleep(300);
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> ProcessGroup.of(store, 1, 2, Ranks.OPTIONS))
                    .withMessageContaining("Two processes have rank 1");
            assertThat(first.join(Duration.ofSeconds(3))).isTrue();
        }
    }

    @Test void another_library_version_on_one_rank_is_an_error_on_every_rank() throws Exception {
        try (Store store = Store.file(folder.resolve("store"), 2, Duration.ofSeconds(5));
                Store other = store.prefixed("default_pg/0//panatorch")) {
            var first = CompletableFuture.supplyAsync(() -> catchThrowable(() -> ProcessGroup.of(store, 0, 2, Ranks.OPTIONS)));
            other.await(Duration.ofSeconds(5), "terms", "joined/0");
            String terms = new String(other.get("terms"), UTF_8);
            assertThat(terms).contains("libtorch " + Torch.version()).contains("messages of version 2");
            try (var members = new Membership(store.prefixed("default_pg/0//panatorch"), 1, 2)) {
                assertThatExceptionOfType(DistributedException.class)
                        .isThrownBy(() -> members.join(terms.replace(Torch.version(), "2.12.0")))
                        .withMessageContaining("Rank 1 has 2 ranks").withMessageContaining("but another rank has " + terms)
                        .matches(e -> e.reason() == Reason.RENDEZVOUS && e.ranks().equals(List.of(1)));
            }
            assertThat(first.get(5, TimeUnit.SECONDS)).isInstanceOf(DistributedException.class).hasMessageContaining("libtorch 2.12.0");
        }
    }

    @Test void a_waiting_rank_can_be_interrupted() throws Exception {
        List<Object> results = run(2, g -> {
            g.barrier();
            if (g.rank() == 1) {
                Thread.sleep(1500);
                return "late";
            }
            Thread own = Thread.currentThread();
            Thread.startVirtualThread(() -> {
                try {
                    Thread.sleep(300);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                own.interrupt();
            });
            long begin = System.nanoTime();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> g.allReduce(ReduceOp.SUM, full(1, 4)));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(1200));
            return "interrupted";
        });
        assertThat(results).containsExactly("interrupted", "late");
    }

    @Test void named_tensors_of_all_ranks_may_have_other_names_types_and_shapes_on_each() throws Exception {
        List<Object> results = run(3, g -> {
            Map<String, Tensor> own = switch (g.rank()) {
                case 0 -> Map.of();
                case 1 -> new TreeMap<>(Map.of("a step", Torch.tensor(7.0), "weights\t1", full(2, 2, 3).transpose(0, 1)));
                default -> new TreeMap<>(Map.of("empty", full(0, 0, 4), "half", full(0.5, 2).to(DType.FLOAT16), "n",
                        Torch.tensor(new long[] {1L << 60})));
            };
            var described = new ArrayList<String>();
            for (Map<String, Tensor> tensors : g.allGather(own))
                tensors.forEach((name, t) -> described.add(name + ": " + t.describe() + " " + t.to(DType.FLOAT64).sum().itemDouble()));
            return described;
        });
        for (Object o : results)
            assertThat(o).isEqualTo(List.of("a step: float64 [] on cpu 7.0", "weights\t1: float64 [3, 2] on cpu 12.0",
                    "empty: float64 [0, 4] on cpu 0.0", "half: float16 [2] on cpu 1.0", "n: int64 [1] on cpu 1.152921504606847E18"));
    }

    private static Tensor functional(String operator, Object... arguments) {
        var result = (Tensor) Operators.call("_c10d_functional::" + operator, arguments).getFirst();
        return (Tensor) Operators.call("_c10d_functional::wait_tensor", result).getFirst();
    }

    @Test
    @EnabledOnOs(OS.LINUX) void functional_collectives_find_a_group_by_its_name() throws Exception {
        List<Object> results = run(2, g -> {
            String name = "a group with a name that is not short, of rank " + g.rank(); // ranks are threads of one process here
            g.register(name);
            Tensor x = full(g.rank() + 1, 2);
            assertThat(functional("all_reduce", x, "sum", name).toDoubleArray()).containsExactly(3, 3);
            assertThat(functional("all_gather_into_tensor", x, 2L, name).toDoubleArray()).containsExactly(1, 1, 2, 2);
            assertThat(functional("reduce_scatter_tensor", x, "avg", 2L, name).toDoubleArray()).containsExactly(1.5);
            assertThat(functional("broadcast", x, 1L, name).toDoubleArray()).containsExactly(2, 2);
            assertThat(x.toDoubleArray()).containsOnly(g.rank() + 1);
            assertThatExceptionOfType(TorchException.class).isThrownBy(() -> g.register(name));
            g.barrier();
            g.close();
            assertThatExceptionOfType(TorchException.class).isThrownBy(() -> functional("all_reduce", x, "sum", name));
            return "done";
        });
        assertThat(results).containsExactly("done", "done");
    }

    /** Few threads that train are let in at once where each operator uses all cores, as they would only wait for each other. */
    @Test
    @EnabledOnOs(OS.LINUX) void functional_collectives_meet_although_each_operator_of_three_training_ranks_uses_all_cores()
            throws Exception {
        int before = Torch.numThreads();
        Torch.setNumThreads(2 * Runtime.getRuntime().availableProcessors());
        try {
            assertThat(run(3, g -> {
                String name = "of training rank " + g.rank();
                g.register(name);
                full(1, 2).requiresGrad_(true).sum().backward();
                return functional("all_reduce", full(g.rank() + 1, 2), "sum", name).toDoubleArray();
            })).allSatisfy(sum -> assertThat((double[]) sum).containsExactly(6, 6));
        } finally {
            Torch.setNumThreads(before);
        }
    }

    @Test void a_rank_may_leave_as_soon_as_it_has_joined() throws Exception {
        for (int round = 0; round < 20; round++) assertThat(run(4, ProcessGroup::rank)).containsExactly(0, 1, 2, 3);
    }

    /** A few bytes that only the garbage collector frees are enough to keep the C library from using freed memory beside them again. */
    @Test
    @EnabledOnOs(OS.LINUX) void memory_of_gathered_tensors_is_used_again_without_the_garbage_collector() throws Exception {
        assertThat(run(2, g -> {
            long before = 0;
            for (int i = 0; i < 200; i++) {
                if (i == 50) before = ProcessMemory.resident();
                try (var scope = Scope.open()) {
                    Tensor all = Torch.zeros(1 << 20);
                    g.allGather(all, all.narrow(0, 0, 1 << 19).clone()).await();
                }
            }
            return (ProcessMemory.resident() - before) >> 20;
        })).allSatisfy(grown -> assertThat((long) grown).as("MiB for 150 times 4 MiB on each of two ranks").isLessThan(300));
    }

    @Test void an_interrupt_that_a_caller_reports_breaks_the_group() throws Exception {
        assertThat(run(1, g -> {
            assertThat(g.interrupted(new InterruptedException())).hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();
            assertThatExceptionOfType(DistributedException.class).isThrownBy(g::barrier).withMessageContaining("is broken");
            return "broken";
        })).containsExactly("broken");
    }

    @Test void wrong_arguments_are_refused_before_anything_is_sent() throws Exception {
        assertThat(run(1, g -> {
            assertThatIllegalArgumentException().isThrownBy(() -> g.broadcast(1, full(1, 2))).withMessageContaining("from 0 to 0, not 1");
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.AVG, Torch.zeros(DType.INT64, 2)))
                    .withMessageContaining("AVG is not defined for int64");
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.BAND, full(1, 2)));
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.SUM, Torch.eye(2).toSparse()));
            assertThatIllegalArgumentException().isThrownBy(() -> g.subgroup(0, 0)).withMessageContaining("each rank once");
            assertThatIllegalArgumentException().isThrownBy(() -> g.gather(0, null, full(0, 2))).withMessageContaining("not null");
            // A schema's Any takes a text; the group is unknown, since groups are not registered by name.
            assertThatExceptionOfType(TorchException.class)
                    .isThrownBy(() -> Operators.call("_c10d_functional::all_reduce", full(0, 2), "sum", "unknown"));
            assertThatIllegalArgumentException().isThrownBy(() -> g.allGather(full(0, 3), full(0, 2)));
            assertThatIllegalArgumentException().isThrownBy(() -> g.send(0, 0, full(0, 2))).withMessageContaining("itself");
            return "refused";
        })).containsExactly("refused");
    }
}
