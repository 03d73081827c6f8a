package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.serialize.Checkpoints;

/** Runs that are stopped, killed or out of disk go on as if nothing had been. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class ResumeTest {
    private static final int SIGTERM = 15;
    private static final String RUN = "train --limit-train 640 --limit-test 100 --epochs 2 --batch-size 32 --seed 3 --optimizer adamw --ema 0.9 --mixup 0.2 --accumulate 2 ";

    @TempDir static Path all;
    @TempDir Path folder;

    /** A run that nothing stopped. */
    @BeforeAll static void whole() throws Exception {
        Child whole = Child.start(all, RUN + "--out whole");
        assertThat(whole.end()).as(whole.err()).isZero();
    }

    private void goesOnAsTheWholeRun() throws Exception {
        Child rest = Child.start(folder, "train --resume run");
        assertThat(rest.end()).as(rest.err()).isZero();
        for (String weights : List.of("model.safetensors", "best.safetensors")) assertThat(folder.resolve("run").resolve(weights)).hasSameBinaryContentAs(all.resolve("whole").resolve(weights));
    }

    @Test void one_epoch_and_a_resumption_give_the_bits_of_two_epochs() throws Exception {
        Child first = Child.start(folder, RUN + "--stop-after 1 --out run");
        assertThat(first.end()).isZero();
        assertThat(first.out()).contains("Stopped after epoch 1 of 2. Go on with: panatorch train --resume run");
        assertThat(folder.resolve("run").resolve("model.safetensors")).doesNotExist();
        goesOnAsTheWholeRun();
    }

    @Test void a_run_that_was_killed_within_an_epoch_goes_on_at_its_last_checkpoint() throws Exception {
        Child first = Child.start(folder, RUN + "--checkpoint-every 2 --out run");
        first.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        first.process().destroyForcibly();
        first.end();
        Checkpoints.read(folder.resolve("run").resolve("last.ckpt"));
        goesOnAsTheWholeRun();
        try (var files = Files.list(folder.resolve("run"))) {
            assertThat(files.map(f -> f.getFileName().toString())).noneMatch(f -> f.endsWith(".unfinished"));
        }
    }

    /** Ctrl-C takes the same way; but a shell that runs the tests in the background makes their children deaf to it. */
    @Test void a_signal_ends_a_run_after_its_step_with_a_checkpoint_and_the_way_to_go_on() throws Exception {
        Child first = Child.start(folder, RUN + "--checkpoint-every 1 --out run");
        first.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        first.process().destroy();
        assertThat(first.end()).isEqualTo(128 + SIGTERM);
        assertThat(first.err()).isEqualTo("Interrupted: the run goes on with panatorch train --resume run.\n");
        goesOnAsTheWholeRun();
    }

    @Test void a_full_disk_keeps_the_last_good_checkpoint_and_says_so() throws Exception {
        assertThat(Child.start(folder, RUN + "--stop-after 1 --out run").end()).isZero();
        Path last = folder.resolve("run").resolve("last.ckpt");
        byte[] good = Files.readAllBytes(last);
        Child full = Child.start(folder, List.of("bash", "-c", "ulimit -f 100; exec \"$@\"", "-"), List.of("-XX:-UsePerfData"), "train", "--resume", "run");
        assertThat(full.end()).isEqualTo(1);
        assertThat(full.err()).contains("could not be written").contains("the last good checkpoint is whole, run/last.ckpt").contains("panatorch train --resume run").hasLineCount(1);
        assertThat(last).hasBinaryContent(good);
        goesOnAsTheWholeRun();
    }

    @Test void a_finished_run_may_go_on_for_more_epochs_where_its_schedule_does_not_span_them() throws IOException {
        Path run = folder.resolve("run");
        String tiny = "train --limit-train 64 --limit-test 50 --batch-size 32 --epochs 1 ";
        assertThat(Calls.of(tiny + "--schedule constant --out", run).status()).isZero();
        Calls more = Calls.of("train --epochs 2 --resume", run);
        assertThat(more.err()).isEmpty();
        assertThat(more.out()).contains("Resumed after step 2, in epoch 2 of 2").contains("epoch 2/2  loss");
        assertThat(Calls.of("train --resume", run).out()).contains("All 2 epochs are done already");
        assertThat(Calls.of(tiny + "--schedule cosine --out", run).status()).isZero();
        Calls refused = Calls.of("train --epochs 2 --resume", run);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("--epochs cannot be changed").contains("cosine").hasLineCount(1);
    }

    @Test void a_checkpoint_that_was_changed_is_refused() throws IOException {
        Path run = folder.resolve("run");
        assertThat(Calls.of("train --limit-train 64 --limit-test 50 --batch-size 32 --epochs 2 --stop-after 1 --out", run).status()).isZero();
        byte[] bytes = Files.readAllBytes(run.resolve("last.ckpt"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(run.resolve("last.ckpt"), bytes);
        Calls refused = Calls.of("train --resume", run);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("cannot be resumed").contains("its checksum is wrong").hasLineCount(1);
    }
}
