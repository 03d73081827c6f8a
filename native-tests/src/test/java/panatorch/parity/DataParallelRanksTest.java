package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.DistributedException;
import panatorch.distributed.Launch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.Reducer.Compression;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.CrossEntropyLoss;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.SGD;

/**
 * A rank in this process and one in Python train one model, {@code src/test/python/data_parallel.py}, and end where two ranks in Python do.
 */
@NoTensorLeaks
@Timeout(240)
class DataParallelRanksTest {
    private static final ProcessGroup.Options OPTIONS = ProcessGroup.Options.standard().timeout(Duration.ofSeconds(60));
    private static final String SCRIPT = "data_parallel.py";

    @TempDir
    Path folder;

    private static Tensor numbers(int first, long... shape) {
        long n = 1;
        for (long s : shape) n *= s;
        return Torch.arange(n).to(DType.FLOAT64).add(first).mul(1.3).sin().reshape(shape);
    }

    private static final class Heads extends Module {
        private final Linear body = child("body", new Linear(72, 6)), left = child("left", new Linear(6, 5)),
                right = child("right", new Linear(6, 5));
        private final int rank;

        Heads(int rank) { this.rank = rank; }

        @Override public Tensor forward(Tensor x) { return (rank == 1 ? right : left).forward(body.forward(x.flatten(1))); }
    }

    private static Module model(String mode, int rank) {
        Module model = mode.equals("unused") ? new Heads(rank)
                : new Sequential(new Conv2d(2, 4, 3), new BatchNorm2d(4), new ReLU(), new Flatten(), new Linear(64, 5));
        model.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int i = 50 * rank;
            for (Tensor p : model.parameters()) p.copy_(numbers(i++, p.shape()).div(4));
        }
        return model;
    }

    private static DataParallel.Options options(String mode) {
        return DataParallel.Options.standard().findUnused(mode.equals("unused")).compression(mode.equals("fp16") ? Compression.FLOAT16
                : Compression.NONE);
    }

    /** Trains one step, as the script does. */
    private static void step(DataParallel parallel, Module model, SGD optimizer, int step, int rank) throws InterruptedException {
        try (var scope = Scope.open(); var loss = new CrossEntropyLoss()) {
            Tensor target = Torch.arange(4).remainder(5);
            optimizer.zeroGrad();
            for (int part = 0; part < (step == 2 ? 2 : 1); part++) {
                parallel.beforeForward(step != 2 || part == 1);
                Tensor x = numbers(1000 * step + 100 * part + 10 * rank, 4, 2, 6, 6);
                parallel.backward(loss.forward(model.call(x), target));
            }
            optimizer.step();
        }
    }

    private static void assertState(Module model, Path expected) throws IOException {
        var own = new ArrayList<Double>();
        for (Tensor t : model.stateDict().values()) for (double v : t.detach().to(DType.FLOAT64).reshape(-1).toDoubleArray()) own.add(v);
        assertClose(own, read(expected));
    }

    private static List<Double> read(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(Double::valueOf).toList();
    }

    private static void assertClose(List<Double> actual, List<Double> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) assertThat(actual.get(i)).as("number " + i).isCloseTo(expected.get(i), offset(1e-12));
    }

    private static void assertDone(Process python) throws Exception {
        String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(python.waitFor()).as(output).isZero();
    }

    private Path file(String name) { return folder.resolve(name); }

    @ParameterizedTest
    @CsvSource({"plain, 0", "plain, 1", "unused, 0", "unused, 1", "fp16, 0",
        "fp16, 1"}) void five_steps_of_mixed_ranks_end_where_python_ends(String mode, int r)
                throws Exception {
        int port = PythonRank.freePort();
        Process first = PythonRank.start(0, port, SCRIPT, mode, file("0").toString()),
                second = PythonRank.start(1, port, SCRIPT, mode, file("1").toString());
        try {
            assertDone(first);
            assertDone(second);
        } finally {
            first.destroyForcibly();
            second.destroyForcibly();
        }
        port = PythonRank.freePort();
        Process python = PythonRank.start(1 - r, port, SCRIPT, mode, file("mixed").toString());
        try (var scope = Scope.open(); var group = ProcessGroup.join(Launch.of(r, 2, "127.0.0.1", port), OPTIONS);
                var model = model(mode, r);
                var parallel = DataParallel.of(model, group, options(mode));
                var optimizer = new SGD(model.parameters(), SGD.options(0.05).momentum(0.9))) {
            for (int s = 0; s < 5; s++) step(parallel, model, optimizer, s, r);
            assertState(model, file("" + r));
            assertDone(python);
            assertClose(read(file("mixed")), read(file("" + (1 - r))));
        } finally {
            python.destroyForcibly();
        }
    }

    @Test void a_killed_rank_is_named_within_the_next_step() throws Exception {
        int port = PythonRank.freePort();
        Process python = PythonRank.start(1, port, SCRIPT, "hang", file("hangs").toString());
        try (var scope = Scope.open(); var group = ProcessGroup.join(Launch.of(0, 2, "127.0.0.1", port), OPTIONS);
                var model = model("plain", 0); var parallel = DataParallel.of(model, group);
                var optimizer = new SGD(model.parameters(), SGD.options(0.05).momentum(0.9))) {
            step(parallel, model, optimizer, 0, 0);
            step(parallel, model, optimizer, 1, 0);
            while (!Files.exists(file("hangs"))) Thread.sleep(20);
            Thread.startVirtualThread(() -> {
                LockSupport.parkNanos(500_000_000);
                python.destroyForcibly();
            });
            long begin = System.nanoTime();
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> step(parallel, model, optimizer, 3, 0))
                    .matches(e -> e.ranks().equals(List.of(1)), "rank 1").withMessageContaining("missing: ranks [1]");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
            assertThatExceptionOfType(DistributedException.class).isThrownBy(parallel::beforeForward).withMessageContaining("is broken");
        } finally {
            python.destroyForcibly();
        }
    }
}
