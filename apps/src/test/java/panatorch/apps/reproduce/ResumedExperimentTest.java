package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.console.InputException;
import panatorch.junit.NoTensorLeaks;

/** Experiments that are stopped, done in parts and merged. */
@NoTensorLeaks
class ResumedExperimentTest {
    @TempDir
    Path folder;

    private Path whole, parts, other;

    @BeforeEach void folders() throws IOException {
        whole = Files.createDirectory(folder.resolve("whole"));
        parts = Files.createDirectory(folder.resolve("parts"));
        other = Files.createDirectory(folder.resolve("other"));
    }

    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Stops at a given number of checks, of which there is one for each training step and evaluated batch. */
    private static Runnable after(int checks) {
        int[] left = {checks};
        return () -> { if (--left[0] < 0) throw new Stopped(); };
    }

    @ParameterizedTest
    @CsvSource({"msd-duplication, 3, 30", "gyro-lenet, 4, 64", "distill-sets, 3, 30",
        "distill-compression, 3, 30",
        "dropout-methods, 3, 32"}) void a_run_that_is_stopped_again_and_again_ends_with_the_bits_of_one_in_one_piece(String name,
                int epochs,
                int examples) throws IOException {
        Experiment experiment = Quick.named(name);
        Findings expected = Quick.run(experiment, Quick.lab(null, epochs, examples), whole).findings();
        Report report = null;
        int stops = 0;
        for (int checks = 2; report == null; checks++) {
            try {
                report = Quick.run(experiment, Quick.lab(null, null, epochs, examples, after(checks)), parts);
            } catch (Stopped e) {
                stops++;
            }
        }
        assertThat(stops).as("stops").isGreaterThan(3);
        Findings actual = report.findings();
        assertThat(report.missing()).isEmpty();
        assertThat(actual.variants()).isEqualTo(expected.variants());
        for (String variant : expected.variants()) {
            for (String measure : expected.measureNames())
                if (!Measures.isTime(measure) && !measure.contains("÷"))
                    assertThat(actual.values(variant, measure)).as("%s of %s", measure, variant)
                            .isEqualTo(expected.values(variant, measure));
            for (String curve : expected.curveNames())
                expected.curves(variant, curve)
                        .forEach((seed, values) -> assertThat(actual.curves(variant, curve).get(seed)).as("%s of %s", curve, variant)
                                .isEqualTo(values));
        }
        assertThat(parts.resolve("running")).doesNotExist();
    }

    private static Lab lab(List<Long> seeds, int epochs) {
        return new Lab(null, null, Scale.QUICK, seeds, epochs, 8, Device.CPU, Precision.FP32, line -> {}, () -> {});
    }

    private static Report part(Path folder, List<Long> seeds, Set<String> variants) throws IOException {
        Lab lab = lab(seeds, 1);
        Experiment experiment = Quick.named("msd-flip");
        try (Study study = experiment.open(lab)) {
            return experiment.run(lab, study, folder, variants);
        }
    }

    private static Report merged(Path into, Path from, int epochs) throws IOException {
        Lab lab = lab(List.of(0L, 1L), epochs);
        Experiment experiment = Quick.named("msd-flip");
        try (Study study = experiment.open(lab)) {
            return experiment.merge(lab, study, into, List.of(from));
        }
    }

    @Test void parts_of_two_machines_become_one_table() throws IOException {
        Report first = part(parts, List.of(0L, 1L), Set.of("M=1", "M=8 mirrored"));
        assertThat(first.missing()).containsExactly("M=8 not mirrored, seeds 0 1");
        assertThat(Files.readString(parts.resolve(Report.MARKDOWN))).contains("**Not complete.** Missing: M=8 not mirrored, seeds 0 1.");
        Report second = part(other, List.of(1L), Set.of("M=8 not mirrored", "M=1"));
        Report both = merged(parts, other, 1);
        assertThat(both.missing()).containsExactly("M=8 not mirrored, seed 0");
        assertThat(both.findings().values("M=8 not mirrored", Measures.TEST_LOSS))
                .isEqualTo(second.findings().values("M=8 not mirrored", Measures.TEST_LOSS));
        assertThat(part(parts, List.of(0L, 1L), Set.of("M=8 not mirrored")).missing()).isEmpty();
        assertThat(Files.readString(parts.resolve(Report.MARKDOWN))).doesNotContain("Not complete").contains("| M=8 mirrored − M=1 |");
    }

    @Test void the_variants_of_a_seed_begin_with_the_same_weights_and_seeds_differ() throws IOException {
        Findings f = part(parts, List.of(0L, 1L), Set.of("M=1", "M=8 not mirrored")).findings();
        var one = f.values("M=1", Measures.TEST_LOSS);
        assertThat(one.get(0L)).isNotEqualTo(one.get(1L));
        double between = Math.abs(one.get(0L) - one.get(1L)), paired = Math.abs(f.difference("M=8 not mirrored", "M=1",
                Measures.TEST_LOSS).mean());
        assertThat(paired).as("one step from the same weights").isLessThan(between);
    }

    @Test void results_of_other_settings_are_refused() throws IOException {
        part(parts, List.of(0L), Set.of("M=1"));
        assertThatThrownBy(() -> merged(other, parts, 2)).isInstanceOf(InputException.class)
                .hasMessageContaining("holds results of other settings: epochs is 1 there and 2 now").hasMessageContaining("--out");
        assertThatThrownBy(() -> merged(parts, other, 1)).isInstanceOf(InputException.class).hasMessageContaining("holds no results");
        Path trial = parts.resolve("trials/M=1.seed-0.json");
        Files.writeString(trial, Files.readString(trial).replace("msd-flip", "msd-rates"));
        assertThatThrownBy(() -> part(parts, List.of(0L), Set.of("M=1"))).isInstanceOf(InputException.class)
                .hasMessageContaining("holds results of msd-rates, not of msd-flip");
        Files.writeString(trial, "{");
        assertThatThrownBy(() -> part(parts, List.of(0L), Set.of("M=1"))).isInstanceOf(InputException.class)
                .hasMessageContaining("is not a finished trial").hasMessageContaining("Delete it");
    }

    @Test void a_trial_that_two_machines_ran_has_to_have_the_same_numbers() throws IOException {
        part(parts, List.of(0L), Set.of("M=1"));
        part(other, List.of(0L), Set.of("M=1"));
        assertThat(merged(parts, other, 1).findings().values("M=1", Measures.TEST_LOSS)).hasSize(1);
        Path trial = other.resolve("trials/M=1.seed-0.json");
        Files.writeString(trial, Files.readString(trial).replaceFirst("\"test loss\" : [^,]+,", "\"test loss\" : 9.5,"));
        assertThatThrownBy(() -> merged(parts, other, 1)).isInstanceOf(InputException.class).hasMessageContaining("different numbers")
                .hasMessageContaining("9.5");
    }
}
