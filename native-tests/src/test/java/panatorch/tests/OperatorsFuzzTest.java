package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.fuzz.Operators;

/** A short run of the fuzzer, which has a process of its own to crash. */
@Timeout(300)
class OperatorsFuzzTest {
    @Test
    @EnabledOnOs(OS.LINUX) void hostile_calls_return_or_say_what_is_wrong(@TempDir Path folder) throws Exception {
        var report = Operators.run(42, 1000, folder);
        assertThat(report.unexpected()).isEmpty();
        assertThat(report.calls() + report.skipped()).isEqualTo(1000);
        assertThat(report.returned()).as("calls that got past the checks").isGreaterThan(100);
        assertThat(report.refused()).isGreaterThan(300);
        assertThat(report.crashes()).as("of libtorch, which end the fuzzer's process and not this one").hasSizeLessThan(10);
    }

    @Test
    @EnabledOnOs(OS.LINUX) void the_same_seed_ends_in_the_same_way(@TempDir Path folder) throws Exception {
        var one = Operators.run(7, 200, Files.createDirectory(folder.resolve("one")));
        var two = Operators.run(7, 200, Files.createDirectory(folder.resolve("two")));
        assertThat(one.returned()).isEqualTo(two.returned());
        assertThat(one.refused()).isEqualTo(two.refused());
        assertThat(one.crashes()).isEqualTo(two.crashes());
    }
}
