package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Torch;
import panatorch.apps.console.ShellWord;
import panatorch.apps.options.DatasetName;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.OptimizerName;
import picocli.CommandLine;

class HelpTest {
    static Stream<String> commands() {
        return Stream.concat(Stream.of(""), new CommandLine(new Panatorch()).getSubcommands().keySet().stream().map(c -> c + " "));
    }

    @ParameterizedTest
    @MethodSource("commands") void help_shows_an_example(String command) {
        String line = command + "--help";
        Calls help = Calls.of(line);
        assertThat(help.status()).isZero();
        assertThat(help.out()).contains("Example").contains("  panatorch ");
        assertThat(help.err()).isEmpty();
    }

    @Test void help_is_a_command_too() {
        assertThat(Calls.of("help train")).isEqualTo(Calls.of("train --help"));
        assertThat(Calls.of("help")).isEqualTo(Calls.of("--help"));
    }

    @Test void a_command_to_copy_is_one_that_a_shell_reads_as_it_is_meant() {
        assertThat(ShellWord.of(Path.of("runs/2026-11-21-resnet20"))).isEqualTo("runs/2026-11-21-resnet20");
        assertThat(ShellWord.of(Path.of("my runs/it's"))).isEqualTo("'my runs/it'\\''s'");
    }

    @Test void doctor_tells_what_everything_runs_on() {
        Calls doctor = Calls.of("doctor");
        assertThat(doctor.status()).isZero();
        assertThat(doctor.out()).contains("JDK", "libtorch", Torch.version(), Torch.libraryFolder().toString(), "BLAS", "threads",
                Torch.cpuCapability(), "GPU", "precision");
    }

    @Test void doctor_tells_each_place_where_it_looked_for_libtorch() throws IOException {
        Calls doctor = Calls.of("doctor");
        assertThat(doctor.out()).contains("-Dpanatorch.libtorch or PANATORCH_LIBTORCH: not there, neither is set",
                "-gpu on the class path: not there, no org.bytedeco:pytorch",
                "on the class path: chosen, loaded from " + Torch.libraryFolder(), " MB, every checksum is right");
        var steps = new ObjectMapper().readTree(Calls.of("doctor --json").out()).get("libraries");
        assertThat(steps.findValuesAsText("outcome")).containsExactly("not there", "not there", "not there", "chosen");
        assertThat(steps.findValuesAsText("place").getLast()).startsWith("natives for ").endsWith("on the class path")
                .doesNotContain("-gpu");
    }

    @Test void doctor_tells_it_to_programs_too() throws IOException {
        Calls doctor = Calls.of("doctor --json");
        assertThat(doctor.out()).hasLineCount(1);
        assertThat(new ObjectMapper().readTree(doctor.out()).get("libtorch").asText()).startsWith(Torch.version());
        assertThat(new ObjectMapper().readTree(doctor.out()).get("threads").asInt()).isEqualTo(Torch.numThreads());
    }

    @Test void help_tells_the_defaults_that_hold() {
        String help = Calls.of("train --help").out();
        DatasetName s = DatasetName.SYNTHETIC, c = DatasetName.CIFAR10;
        assertThat(help).contains(s.epochs + " for synthetic, " + c.epochs + " for others",
                s.batchSize + " for synthetic, " + c.batchSize + " for others");
        String words = help.replaceAll("\\s+", " ");
        for (ModelName m : ModelName.values())
            if (m.sgdRate != OptimizerName.SGD.lr) assertThat(words).contains("with sgd").contains(m.sgdRate + " for " + m);
        assertThat(help).containsPattern("--lr=RATE .*default: " + OptimizerName.SGD.lr + " for sgd, " + OptimizerName.ADAM.lr);
    }

    @Test void blas_is_read_from_the_build_configuration() {
        assertThat(DoctorCommand.blas("Build settings: BLAS_INFO=open, BUILD_TYPE=Release")).isEqualTo("OpenBLAS");
        assertThat(DoctorCommand.blas("BLAS_INFO=mkl, ")).isEqualTo("Intel MKL");
        assertThat(DoctorCommand.kernels(null, "Haswell")).isEmpty();
        assertThat(DoctorCommand.kernels("SkylakeX", null)).isEqualTo(", with kernels for SkylakeX");
        assertThat(DoctorCommand.kernels("Haswell", "Haswell")).contains("because OPENBLAS_CORETYPE is Haswell");
        assertThat(DoctorCommand.blas("nothing of the kind")).isEqualTo("unknown");
    }
}
