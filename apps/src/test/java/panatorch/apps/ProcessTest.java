package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: the console, and a libtorch that does not load. */
class ProcessTest {
    @TempDir Path folder;

    @Test void the_console_shows_no_warnings_of_the_jvm() throws Exception {
        Child doctor = Child.start(folder, "doctor");
        assertThat(doctor.end()).isZero();
        assertThat(doctor.err()).doesNotContain("WARNING");
    }

    @Test void a_libtorch_that_does_not_load_is_a_failure_with_one_sentence() throws Exception {
        Child doctor = Child.start(folder, List.of(), List.of("-Dpanatorch.libtorch=" + folder.resolve("nowhere")), "doctor");
        assertThat(doctor.end()).isEqualTo(1);
        assertThat(doctor.err()).contains(folder.resolve("nowhere").toString()).hasLineCount(1).doesNotContain("\tat ");
        assertThat(doctor.out()).contains("JDK");
    }
}
