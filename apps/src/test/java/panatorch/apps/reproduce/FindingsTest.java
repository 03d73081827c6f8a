package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import panatorch.Device;
import panatorch.amp.Precision;

class FindingsTest {
    private static Study study() {
        var lab = new Lab(null, null, Scale.QUICK, Lab.firstSeeds(3), null, null, Device.CPU, Precision.FP32, line -> {}, () -> {});
        Images images = Images.cifar10(lab, 10, 10);
        return new Study(lab, images).variant("a", Map.of("error", 2.0), (seed, work) -> new Trial.Result(Map.of(), Map.of()))
                .variant("b", (seed, work) -> new Trial.Result(Map.of(), Map.of())).compare("b", "a");
    }

    private static Findings findings(Study study) {
        var f = new Findings(study.variants());
        double[] a = {1, 2, 6}, b = {3, 5, 7};
        for (int seed = 0; seed < 3; seed++) {
            f.add("a", "error", seed, a[seed]);
            f.add("b", "error", seed, b[seed]);
        }
        return f;
    }

    @Test void a_table_has_means_and_deviations_beside_what_was_published() {
        try (Study study = study()) {
            Findings f = findings(study);
            f.relative("error", "a", "of a");
            assertThat(f.mean("a", "error")).isEqualTo(3);
            assertThat(f.sd("a", "error")).isCloseTo(Math.sqrt(7), within(1e-12));
            assertThat(f.mean("b", "of a")).isCloseTo((3 + 2.5 + 7.0 / 6) / 3, within(1e-12));
            assertThat(Tables.measures(study, f).lines().skip(2)).containsExactly("| a | 3.000 ± 2.646 | 2.000 | 1.000 ± 0.000 |",
                    "| b | 5.000 ± 2.000 |  | 2.222 ± 0.948 |");
        }
    }

    /** Differences 2, 3 and 1 have the mean 2, the deviation 1, and t with two degrees of freedom is 4.303. */
    @Test void differences_are_paired_by_seed_and_have_students_interval() {
        try (Study study = study()) {
            Difference d = findings(study).difference("b", "a", "error");
            assertThat(d.mean()).isEqualTo(2);
            assertThat(d.standardError()).isCloseTo(1 / Math.sqrt(3), within(1e-12));
            assertThat(d.low()).isCloseTo(2 - 4.303 / Math.sqrt(3), within(1e-9));
            assertThat(d.seen()).isFalse();
            assertThat(Tables.differences(study, findings(study)).lines().skip(2))
                    .containsExactly("| b − a | 2.000 ± 0.577 (−0.484 to 4.484) |");
        }
    }

    @Test void a_seed_that_one_variant_lacks_is_left_out_of_differences() {
        try (Study study = study()) {
            var f = new Findings(study.variants());
            f.add("a", "error", 0, 1);
            f.add("a", "error", 1, 5);
            f.add("b", "error", 1, 4);
            assertThat(f.difference("b", "a", "error").values()).containsExactly(-1.0);
            assertThat(Tables.differences(study, f)).contains("| b − a | −1.000 |");
        }
    }

    @Test void an_interval_without_zero_is_in_bold_type() {
        assertThat(Tables.cell(Difference.of(List.of(-1.0, -1.1, -0.9)))).startsWith("**−1.000 ± 0.058").endsWith("**");
    }

    @Test void the_time_left_is_that_of_the_rest_of_the_trial_and_of_later_ones() {
        var now = new AtomicLong();
        var times = new TrialTimes(now::get);
        times.begin("slow", List.of("fast", "slow"));
        times.at(0, 4);
        assertThat(times.left()).isNull();
        now.addAndGet(10_000_000_000L);
        times.at(1, 4);
        assertThat(times.left()).as("30 s, and two unknown trials of 40 s").isEqualTo(Duration.ofSeconds(110));
        times.finished("fast", 2);
        assertThat(times.left()).as("30 s, 2 s, and one unknown that takes the mean of the known").isEqualTo(Duration.ofSeconds(34));
    }

    @Test void a_resumed_trial_counts_as_long_as_in_one_piece() {
        var now = new AtomicLong();
        var times = new TrialTimes(now::get);
        times.begin("a", List.of());
        times.at(3, 4);
        now.addAndGet(5_000_000_000L);
        times.at(4, 4);
        assertThat(times.end()).isEqualTo(20);
    }

    @Test void seeds_are_a_number_of_them_or_a_list() {
        assertThat(SeedList.parse("3")).containsExactly(0L, 1L, 2L);
        assertThat(SeedList.parse("2,3")).containsExactly(2L, 3L);
        assertThat(SeedList.parse("4-6, 9")).containsExactly(4L, 5L, 6L, 9L);
        assertThat(List.of("0", "", "a", "3-1", "1,,2", "-1", "1-99999")).allSatisfy(text -> assertThat(
                org.assertj.core.api.Assertions.catchThrowable(() -> SeedList.parse(text))).hasMessageContaining("--seeds has to be"));
    }
}
