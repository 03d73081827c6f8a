package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.MalformedFileException;

/** Archives that are described without being loaded. */
@NoTensorLeaks
class ProgramSummaryTest {
    private static ProgramSummary summary(Path file) throws IOException { return ProgramSummary.read(file, LoadOptions.standard()); }

    @ParameterizedTest
    @MethodSource("panatorch.export.Programs#names") void a_summary_says_what_the_loaded_program_says(String name) throws IOException {
        ProgramSummary summary = summary(Programs.file(name));
        if (!summary.missing().isEmpty()) {
            assertThatThrownBy(() -> Programs.load(name)).isInstanceOfSatisfying(UnsupportedProgramException.class,
                    e -> assertThat(e.missing()).isEqualTo(summary.missing()));
            return;
        }
        try (var program = Programs.load(name)) {
            assertThat(summary.signature()).isEqualTo(program.signature());
            assertThat(summary.tensors().keySet()).containsAll(program.stateDict().keySet());
            program.namedParameters().forEach((key, t) -> {
                ProgramSummary.SavedTensor saved = summary.tensors().get(key);
                assertThat(saved.parameter()).isTrue();
                assertThat(saved.present()).isTrue();
                assertThat(saved.dtype()).isEqualTo(t.dtype());
                assertThat(saved.numel()).isEqualTo(t.numel());
            });
            assertThat(summary.extraFiles().keySet()).isEqualTo(program.extraFiles().keySet());
        }
    }

    @Test void calls_are_counted_by_operator() throws IOException {
        ProgramSummary summary = summary(Programs.file("mlp"));
        assertThat(summary.operators()).containsEntry("aten::linear", 2).containsEntry("aten::relu", 1);
        assertThat(summary.programs()).containsExactly(summary.program());
        assertThat(summary.torchVersion()).startsWith("2.");
    }

    @Test void a_file_that_is_no_program_is_refused(@TempDir Path folder) throws IOException {
        Path junk = Files.writeString(folder.resolve("junk.pt2"), "no program");
        assertThatThrownBy(() -> summary(junk)).isInstanceOf(MalformedFileException.class).hasMessageContaining("junk.pt2");
    }
}
