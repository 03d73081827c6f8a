package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.serialize.Safetensors;

/** Behaviour that needs a process of its own: the console, and a libtorch that does not load. */
class ProcessTest {
    @TempDir
    Path folder;

    @Test void the_console_shows_no_warnings_of_the_jvm() throws Exception {
        Child doctor = Child.start(folder, "doctor");
        assertThat(doctor.end()).isZero();
        assertThat(doctor.err()).doesNotContain("WARNING");
    }

    /** Some hundred lines, of which the shell's reader takes one. */
    private Child piped(String reader, String command) throws Exception {
        Path weights = folder.resolve("many.safetensors");
        try (var scope = Scope.open()) {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < 2000; i++) tensors.put("a.tensor.with.a.long.name.so.that.no.pipe.holds.all.of.them." + i, Torch.zeros(1));
            Safetensors.save(weights, tensors, Map.of());
        }
        return Child.start(folder, List.of("bash", "-c", "\"$@\" " + reader + "; echo \"status ${PIPESTATUS[0]}\"", "bash"), List.of(),
                command.replace("FILE", weights.toString()).split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect FILE", "inspect FILE --json"}) void a_reader_that_leaves_ends_a_command_quietly(String command)
            throws Exception {
        Child child = piped("| head -c 20", command);
        child.end();
        assertThat(child.out()).endsWith("status 141\n");
        assertThat(child.err()).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX) void a_full_disk_is_still_a_failure() throws Exception {
        Child child = piped("> /dev/full", "inspect FILE");
        child.end();
        assertThat(child.out()).isEqualTo("status 1\n");
        assertThat(child.err()).isEqualTo("panatorch: standard output could not be written\n");
    }

    @Test void a_libtorch_that_does_not_load_is_a_failure_with_one_sentence() throws Exception {
        Child doctor = Child.start(folder, List.of(), List.of("-Dpanatorch.libtorch=" + folder.resolve("nowhere")), "doctor");
        assertThat(doctor.end()).isEqualTo(1);
        assertThat(doctor.err()).contains(folder.resolve("nowhere").toString()).hasLineCount(1).doesNotContain("\tat ");
        assertThat(doctor.out()).contains("JDK");
    }
}
