package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.serialize.Checkpoints;

/** Runs that are stopped, killed or out of disk go on as if nothing had been. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class ResumedRunTest {
    private static final int SIGTERM = 15;

    @TempDir
    static Path all;
    @TempDir
    Path folder;

    /** The runs that are resumed. */
    private enum Begun {
        TRAIN("--limit-train 640 --limit-test 100 --epochs 2 --batch-size 32 --seed 3 --optimizer adamw --ema 0.9 --mixup 0.2 "
                + "--accumulate 2 "),
        DISTILL("--limit-train 320 --limit-test 100 --epochs 2 --batch-size 32 --seed 3 --mc 2 --teacher TEACHER ");

        private final String options;

        Begun(String options) { this.options = options; }

        String command() { return name().toLowerCase(Locale.ROOT); }

        String whole() { return command() + "-whole"; }

        String line() {
            return command() + " " + options.replace("TEACHER", all.resolve("teacher").resolve("model.safetensors").toString());
        }
    }

    /** Runs that nothing stopped. */
    @BeforeAll static void whole() throws Exception {
        Child teacher = Child.start(all, "train --limit-train 64 --limit-test 50 --epochs 1 --dropout standard --out teacher");
        assertThat(teacher.end()).as(teacher.err()).isZero();
        for (Begun b : Begun.values()) {
            Child whole = Child.start(all, b.line() + "--out " + b.whole());
            assertThat(whole.end()).as(whole.err()).isZero();
        }
    }

    private void goesOnAsTheWholeRun(Begun begun) throws Exception {
        Child rest = Child.start(folder, begun.command() + " --resume run");
        assertThat(rest.end()).as(rest.err()).isZero();
        for (String weights : List.of("model.safetensors", "best.safetensors"))
            assertThat(folder.resolve("run").resolve(weights)).hasSameBinaryContentAs(all.resolve(begun.whole()).resolve(weights));
        for (String what : List.of("/final", "/comparison", "/epochs/1/excess", "/epochs/1/trainLoss"))
            assertThat(metrics(folder.resolve("run")).at(what)).isEqualTo(metrics(all.resolve(begun.whole())).at(what));
    }

    private static JsonNode metrics(Path run) throws IOException {
        return new ObjectMapper().readTree(run.resolve("metrics.json").toFile());
    }

    @ParameterizedTest
    @EnumSource void one_epoch_and_a_resumption_give_the_bits_of_two_epochs(Begun begun) throws Exception {
        Child first = Child.start(folder, begun.line() + "--stop-after 1 --out run");
        assertThat(first.end()).isZero();
        assertThat(first.out()).contains("Stopped after epoch 1 of 2. Go on with: panatorch " + begun.command() + " --resume run");
        assertThat(folder.resolve("run").resolve("model.safetensors")).doesNotExist();
        goesOnAsTheWholeRun(begun);
    }

    @ParameterizedTest
    @EnumSource void a_run_that_was_killed_within_an_epoch_goes_on_at_its_last_checkpoint(Begun begun) throws Exception {
        Child first = Child.start(folder, begun.line() + "--checkpoint-every 2 --out run");
        first.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        first.process().destroyForcibly();
        first.end();
        Checkpoints.read(folder.resolve("run").resolve("last.ckpt"));
        goesOnAsTheWholeRun(begun);
        try (var files = Files.list(folder.resolve("run"))) {
            assertThat(files.map(f -> f.getFileName().toString())).noneMatch(f -> f.endsWith(".unfinished"));
        }
    }

    /** Ctrl-C takes the same way; but a shell that runs the tests in the background makes their children deaf to it. */
    @ParameterizedTest
    @EnumSource void a_signal_ends_a_run_after_its_step_with_a_checkpoint_and_the_way_to_go_on(Begun begun) throws Exception {
        Child first = Child.start(folder, begun.line() + "--checkpoint-every 1 --out run");
        first.awaitFile(folder.resolve("run").resolve("last.ckpt"));
        first.process().destroy();
        assertThat(first.end()).isEqualTo(128 + SIGTERM);
        assertThat(first.err()).isEqualTo("Interrupted: the run goes on with panatorch " + begun.command() + " --resume run\n");
        goesOnAsTheWholeRun(begun);
    }

    @ParameterizedTest
    @EnumSource void a_full_disk_keeps_the_last_good_checkpoint_and_says_so(Begun begun) throws Exception {
        assertThat(Child.start(folder, begun.line() + "--stop-after 1 --out run").end()).isZero();
        Path last = folder.resolve("run").resolve("last.ckpt");
        byte[] good = Files.readAllBytes(last);
        Child full = Child.start(folder, List.of("bash", "-c", "ulimit -f 100; exec \"$@\"", "-"), List.of("-XX:-UsePerfData"),
                begun.command(), "--resume", "run");
        assertThat(full.end()).isEqualTo(1);
        assertThat(full.err()).contains("could not be written").contains("the last good checkpoint is whole, run/last.ckpt")
                .contains("panatorch " + begun.command() + " --resume run").hasLineCount(1);
        assertThat(last).hasBinaryContent(good);
        goesOnAsTheWholeRun(begun);
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
        assertThat(Calls.of("train --limit-train 64 --limit-test 50 --batch-size 32 --epochs 2 --stop-after 1 --out", run).status())
                .isZero();
        byte[] bytes = Files.readAllBytes(run.resolve("last.ckpt"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(run.resolve("last.ckpt"), bytes);
        Calls refused = Calls.of("train --resume", run);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("cannot be resumed").contains("checksum is wrong").hasLineCount(1);
    }
}
