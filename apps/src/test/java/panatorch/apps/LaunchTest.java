package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs that several processes train together. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(240)
class LaunchTest {
    private static final int SIGKILL = 9, SIGTERM = 15;
    /** A network without batch normalisation, whose statistics would be those of a rank's part of a batch. */
    private static final String TRAIN = "train --model cuda-convnet-quick --limit-train 320 --limit-test 75 --batch-size 32 --seed 3 "
            + "--threads 1 --epochs 2 ";
    private static final String TWO = "launch --ranks 2 -- ";

    @TempDir
    static Path all;
    @TempDir
    Path folder;

    /** A run of two ranks, with dropout and augmentation, that nothing stops. */
    @BeforeAll static void whole() throws Exception {
        Child whole = Child.start(all, TWO + TRAIN + "--out whole");
        assertThat(whole.end()).as(whole.err()).isZero();
        assertThat(whole.out()).contains("Rank 0 of 2 waits for the others at 127.0.0.1:", "Each of 2 ranks trains 16 of the 32 images",
                "epoch 2/2").doesNotContain("rank 1:");
        assertThat(whole.err()).isEmpty();
        try (var files = Files.list(all)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("out", "err", "whole");
        }
    }

    private static JsonNode metrics(Path run) throws IOException {
        return new ObjectMapper().readTree(run.resolve("metrics.json").toFile());
    }

    @Test void two_ranks_train_the_same_as_one_process() throws Exception {
        String plain = TRAIN + "--dropout none --no-augment --out ";
        assertThat(Child.start(folder, TWO + plain + "two").end()).isZero();
        assertThat(Child.start(folder, plain + "one").end()).isZero();
        JsonNode two = metrics(folder.resolve("two")), one = metrics(folder.resolve("one"));
        for (String measure : List.of("/final/testLoss", "/epochs/0/trainLoss", "/epochs/1/trainLoss"))
            assertThat(two.at(measure).asDouble()).as(measure).isCloseTo(one.at(measure).asDouble(), within(1e-3));
    }

    @Test void a_signal_stops_all_ranks_at_one_step_and_the_run_goes_on_bit_for_bit() throws Exception {
        Child first = Child.start(folder, TWO + TRAIN + "--checkpoint-every 1 --out run");
        first.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        first.process().destroy();
        assertThat(first.end()).isEqualTo(128 + SIGTERM);
        assertThat(first.err()).contains("Interrupted: the run goes on with panatorch train --resume run");
        Child rest = Child.start(folder, TWO + "train --resume run");
        assertThat(rest.end()).as(rest.err()).isZero();
        assertThat(rest.out()).contains("Resumed after step");
        for (String weights : List.of("model.safetensors", "best.safetensors"))
            assertThat(folder.resolve("run").resolve(weights)).hasSameBinaryContentAs(all.resolve("whole").resolve(weights));
        for (String what : List.of("/final", "/epochs/0/trainLoss", "/epochs/1/trainLoss"))
            assertThat(metrics(folder.resolve("run")).at(what)).isEqualTo(metrics(all.resolve("whole")).at(what));
    }

    @Test void a_rank_that_is_killed_is_named_and_ends_the_others() throws Exception {
        Child launch = Child.start(folder, TWO + TRAIN + "--epochs 100000 --checkpoint-every 1 --out run");
        launch.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        List<ProcessHandle> ranks = launch.process().children().sorted(Comparator.comparing(ProcessHandle::pid)).toList();
        assertThat(ranks).hasSize(2);
        long begun = System.nanoTime();
        ranks.getLast().destroyForcibly();
        assertThat(launch.end()).isEqualTo(128 + SIGKILL);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        assertThat(launch.err()).contains("panatorch: rank 1 of 2 ended with exit status 137; the other ranks are ended");
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
    }

    @Test void an_error_on_all_ranks_is_told_with_the_rank_and_is_the_exit_status() throws Exception {
        Child launch = Child.start(folder, TWO + TRAIN + "--batch-size 33 --out run");
        assertThat(launch.end()).isEqualTo(2);
        assertThat(launch.err()).contains("a batch of 33 cannot be divided among 2 ranks; pass a multiple of 2 as --batch-size")
                .containsPattern("panatorch: rank [01] of 2 ended with exit status 2");
    }

    /** {@code torch.distributed.elastic.multiprocessing.errors} reads the file. */
    @Test void half_an_environment_is_an_error_that_names_the_missing_variable_also_in_the_file_that_torchrun_reads() throws Exception {
        Path file = folder.resolve("error.json");
        Child alone = Child.start(folder, List.of("env", "RANK=0", "WORLD_SIZE=2", "TORCHELASTIC_ERROR_FILE=" + file), List.of(), "train");
        assertThat(alone.end()).isEqualTo(2);
        assertThat(alone.err()).startsWith("panatorch: The environment variable MASTER_ADDR is missing").hasLineCount(1);
        JsonNode error = new ObjectMapper().readTree(file.toFile()).at("/message");
        assertThat(alone.err()).isEqualTo("panatorch: " + error.at("/message").asText() + "\n");
        assertThat(Long.parseLong(error.at("/extraInfo/timestamp").asText())).isPositive();
    }

    @Test void wrong_calls_are_one_sentence() {
        Calls other = Calls.of("launch --ranks 2 -- evaluate --checkpoint run");
        assertThat(other.status()).isEqualTo(2);
        assertThat(other.err()).contains("launch starts train, and no other command").contains("evaluate").hasLineCount(1);
        assertThat(Calls.of("launch --ranks 0 train").err()).contains("--ranks must be at least 1, and is 0");
        assertThat(Calls.of("launch -- train").err()).contains("--ranks");
        assertThat(Calls.of("launch --ranks 2").status()).isEqualTo(2);
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "PYTHON", matches = ".+",
            disabledReason = "set PYTHON to a Python with torch 2.13") void torchrun_starts_the_ranks_again() throws Exception {
        Path torchrun = Path.of(System.getenv("PYTHON")).resolveSibling("torchrun");
        Child run = Child.start(folder, List.of(torchrun.toString(), "--nproc-per-node", "2", "--max-restarts", "1", "--no-python"),
                List.of(), (TRAIN + "--checkpoint-every 1 --out run").split(" "));
        run.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        run.process().descendants().filter(p -> p.info().command().orElse("").endsWith("java"))
                .max(Comparator.comparing(ProcessHandle::pid)).orElseThrow().destroyForcibly();
        assertThat(run.end()).as(run.err()).isZero();
        assertThat(run.out()).contains("Resumed after step");
        assertThat(folder.resolve("run").resolve("model.safetensors"))
                .hasSameBinaryContentAs(all.resolve("whole").resolve("model.safetensors"));
    }
}
