package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.DistributedException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.Launch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ReduceOp;
import panatorch.junit.NoTensorLeaks;

/** One rank in this process and one in Python, {@code src/test/python/rank.py}, which checks the values that it gets. */
@NoTensorLeaks
@Timeout(180)
class DistributedRanksTest {
    private static final ProcessGroup.Options OPTIONS = ProcessGroup.Options.standard().timeout(Duration.ofSeconds(60));

    private static Tensor full(double value, long n) {
        return Torch.full(new long[] {n}, value, DType.FLOAT32);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1}) void collectives_of_a_java_and_a_python_rank_agree(int r) throws Exception {
        int port = PythonRank.freePort();
        Process python = PythonRank.start(1 - r, port, "rank.py", "collectives");
        try (var group = ProcessGroup.join(Launch.of(r, 2, "127.0.0.1", port), OPTIONS); var scope = Scope.open()) {
            assertThat(group.withPython()).isTrue();
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(group::barrier).withMessageContaining("a barrier");
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> group.subgroup(0, 1))
                    .withMessageContaining("ranks in Python");
            Tensor x = Torch.full(new long[] {3}, r + 1, DType.FLOAT64);
            group.allReduce(ReduceOp.SUM, x).await();
            assertThat(x.toDoubleArray()).containsOnly(3);
            x = full(r + 1, 3);
            group.allReduce(ReduceOp.AVG, x).await();
            assertThat(x.toFloatArray()).containsOnly(1.5f);
            x = full(r + 1, 3);
            group.broadcast(1, x).await();
            assertThat(x.toFloatArray()).containsOnly(2);
            Tensor y = full(0, 4);
            group.allGather(y, full(r + 1, 2)).await();
            assertThat(y.toFloatArray()).containsExactly(1, 1, 2, 2);
            y = full(0, 2);
            group.reduceScatter(ReduceOp.SUM, y, Torch.arange(4).to(DType.FLOAT32).add(r)).await();
            assertThat(y.toFloatArray()).containsExactly(4 * r + 1, 4 * r + 3);
            y = full(0, 2);
            group.allToAll(y, Torch.arange(2).to(DType.FLOAT32).add(10 * r)).await();
            assertThat(y.toFloatArray()).containsExactly(r, 10 + r);
            x = full(r + 1, 2);
            group.reduce(ReduceOp.SUM, 0, x).await();
            if (r == 0) assertThat(x.toFloatArray()).containsOnly(3);
            y = full(0, 3);
            if (r == 0) {
                group.send(1, 5, full(7, 3));
                group.receive(1, 6, y);
                assertThat(y.toFloatArray()).containsOnly(14);
            } else {
                group.receive(0, 5, y);
                assertThat(y.toFloatArray()).containsOnly(7);
                group.send(0, 6, y.mul(2));
            }
            group.allReduce(ReduceOp.SUM, full(0, 1)).await();
            String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(python.waitFor()).as(output).isZero();
        } finally {
            python.destroyForcibly();
        }
    }

    @Test void a_killed_rank_is_named_at_once() throws Exception {
        int port = PythonRank.freePort();
        Process python = PythonRank.start(1, port, "rank.py", "hang");
        try (var group = ProcessGroup.join(Launch.of(0, 2, "127.0.0.1", port), OPTIONS); var scope = Scope.open()) {
            group.allReduce(ReduceOp.SUM, Torch.zeros(DType.FLOAT64, 3).add(1)).await();
            try (var work = group.allReduce(ReduceOp.SUM, full(1, 1000))) {
                assertThat(work.await(Duration.ofMillis(500))).isFalse();
                python.destroyForcibly();
                long begin = System.nanoTime();
                assertThatExceptionOfType(DistributedException.class).isThrownBy(work::await)
                        .withMessageContaining("#2 all-reduce SUM of float32 [1000]").withMessageContaining("missing: ranks [1]")
                        .matches(e -> e.reason() == Reason.PEER_LOST && e.ranks().equals(List.of(1)));
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
            }
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> group.allReduce(ReduceOp.SUM, full(0, 1)))
                    .withMessageContaining("is broken");
        } finally {
            python.destroyForcibly();
        }
    }
}
