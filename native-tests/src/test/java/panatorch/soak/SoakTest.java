package panatorch.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** The short forms of the programs of many minutes. */
@NoTensorLeaks
@Timeout(180)
class SoakTest {
    @TempDir
    Path folder;

    @Test
    @EnabledOnOs(OS.LINUX) void training_inference_loading_and_collections_at_once_leave_nothing_behind() throws Exception {
        var notes = new ByteArrayOutputStream();
        var report =
                Soak.run(Duration.ofSeconds(12), Duration.ofSeconds(6), 1, folder, new PrintStream(notes, true, StandardCharsets.UTF_8));
        assertThat(report.problems()).isEmpty();
        assertThat(report.epochs()).isPositive();
        assertThat(report.answers()).isGreaterThan(1000);
        assertThat(report.reloads()).isPositive();
        assertThat(report.batches()).isPositive();
        assertThat(report.collections()).isPositive();
        assertThat(notes.toString(StandardCharsets.UTF_8)).hasLineCount(2);
    }

    @Test
    @EnabledOnOs(OS.LINUX) void no_answer_of_a_server_is_lost_or_mixed_up_while_its_model_is_replaced() throws Exception {
        var report = ServingSoak.run(Duration.ofSeconds(12), Duration.ofSeconds(6), 16, Duration.ofMillis(500), 1);
        assertThat(report.problems()).isEmpty();
        // In so short a time Java still compiles, which takes native memory.
        assertThat(report.growth()).noneMatch(sentence -> sentence.contains("tensors") || sentence.contains("files"));
        assertThat(report.outcomes()).allSatisfy((outcome, count) -> {
            if (outcome != ServingSoak.Outcome.REFUSED) assertThat(count).as(outcome.name()).isPositive();
        });
        assertThat(report.outcomes().get(ServingSoak.Outcome.ANSWERED)).isGreaterThan(1000);
        assertThat(report.reloads()).isGreaterThan(3);
    }

    @Test void what_is_not_back_where_it_was_is_a_sentence() {
        var before = new Footprint(100 << 20, 50 << 20, 59, 0, 93, 58);
        assertThat(new Footprint(120 << 20, 51 << 20, 59, 0, 94, 58).growthSince(before)).isEmpty();
        assertThat(new Footprint(400 << 20, 90 << 20, 60, 7, 130, 59).growthSince(before)).containsExactly(
                "There are 60 live tensors, and were 59.", "7 tensors were left to the garbage collector.",
                "There are 59 open files, and were 58.", "There are 130 threads, and were 93.",
                "The native heap has 90.0 MiB, and had 50.0.", "Resident memory is 400.0 MiB, and was 100.0.");
    }

    /** By SIGKILL, which is what Java's forcible end of a process is on these systems. */
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC}) void a_training_that_is_killed_four_times_ends_as_if_nothing_had_been() throws Exception {
        var report = Kill.run(4, 1, folder);
        assertThat(report.kills()).isEqualTo(4);
        assertThat(report.runs()).isPositive();
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    @Timeout(900)
    @EnabledIfEnvironmentVariable(named = "PYTHON", matches = ".+",
            disabledReason = "set PYTHON to a Python with torch 2.13") void ranks_of_which_two_are_killed_end_as_if_nothing_had_been()
                    throws Exception {
        var report = RankKill.run(System.getenv("PYTHON"), 3, 2, Duration.ZERO, 1, folder);
        assertThat(report.kills().stream().mapToInt(k -> k).sum()).isEqualTo(2);
        assertThat(report.runs()).isPositive();
        assertThat(report.fromCheckpoint()).as("%s", report).isPositive();
        assertThat(report.fromStart()).as("%s", report).isZero();
    }
}
