package panatorch.nn.dropout.gyro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.dropout.gyro.GyroSchedule.Kind;

/** Unit tests 2, 3, 6, 7 and 9 of the method's specification (§2.7), as far as they are about selections. */
@NoTensorLeaks
class GyroScheduleTest {
    /** What is active at each step. */
    private static List<List<Long>> run(GyroSchedule schedule, long steps) {
        var all = new ArrayList<List<Long>>();
        for (long s = 0; s < steps; s++, schedule.advance()) all.add(Arrays.stream(schedule.active()).boxed().toList());
        return all;
    }

    @ParameterizedTest
    @CsvSource({"256, 16, 1600", "256, 16, 1000", "10, 3, 97", "10, 4, 12", "6, 6, 20", "5, 1, 5",
        "1, 1, 3"}) void a_permutation_trains_every_subnetwork_once_for_equally_many_steps(int subnetworks, int concurrent, int total) {
        try (var schedule = GyroSchedule.of(subnetworks, concurrent, total, 3)) {
            var run = run(schedule, total);
            var counts = new HashMap<Long, Long>();
            run.forEach(active -> active.forEach(k -> counts.merge(k, 1L, Long::sum)));
            assertThat(counts).hasSize(subnetworks);
            int blocks = Math.ceilDiv(subnetworks, concurrent);
            assertThat(counts.values()).allSatisfy(n -> assertThat(n).isBetween((long) total / blocks, (long) total / blocks + 1));
            assertThat(new HashSet<>(run)).hasSize(blocks).hasSize(schedule.selections());
            for (int s = 1; s < total; s++) // floor boundaries
                assertThat(run.get(s).equals(run.get(s - 1))).as("step %d", s)
                        .isEqualTo((long) s * blocks / total == (long) (s - 1) * blocks / total);
            assertThat(run.getLast()).hasSize(subnetworks - (blocks - 1) * concurrent);
        }
    }

    @Test void beyond_the_last_step_the_last_selection_stays() {
        for (Kind kind : new Kind[] {Kind.PERMUTATION, Kind.RANDOM_WITH_REPLACEMENT})
            try (var schedule = GyroSchedule.of(kind, 8, 2, 20, true, 1)) {
                var run = run(schedule, 50);
                assertThat(run.subList(19, 50)).containsOnly(run.get(19));
            }
    }

    @Test void a_cycle_takes_the_next_block_each_step_and_begins_again() {
        try (var schedule = GyroSchedule.of(Kind.CYCLE, 10, 4, 5, true, 1)) {
            var run = run(schedule, 9);
            assertThat(run.subList(0, 3).stream().flatMap(List::stream)).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
            assertThat(run.subList(3, 6)).isEqualTo(run.subList(0, 3));
            assertThat(run.subList(6, 9)).isEqualTo(run.subList(0, 3));
        }
    }

    @Test void draws_with_replacement_leave_out_as_many_subnetworks_as_chance_does() {
        double distinct = 0;
        for (int seed = 0; seed < 50; seed++)
            try (var schedule = GyroSchedule.of(Kind.RANDOM_WITH_REPLACEMENT, 256, 16, 19500, true, seed)) {
                assertThat(schedule.period()).isEqualTo(1218); // the authors' period
                assertThat(schedule.selections()).isEqualTo(17);
                var seen = new HashSet<Long>();
                for (int s = 0; s < 19500; s++, schedule.advance()) if (s % 1218 == 0) for (long k : schedule.active()) seen.add(k);
                distinct += seen.size() / 50.0;
            }
        assertThat(distinct).isBetween(160.0, 175.0); // σ(1 − (1 − 1/σ)^272) = 167.7, sd of one run about 5
    }

    @Test void more_subnetworks_than_steps_are_fine() {
        for (Kind kind : new Kind[] {Kind.PERMUTATION, Kind.RANDOM_WITH_REPLACEMENT, Kind.CYCLE})
            try (var schedule = GyroSchedule.of(kind, 1024, 8, 100, true, 1)) {
                assertThat(schedule.period()).isEqualTo(1);
                assertThat(run(schedule, 100)).allSatisfy(active -> assertThat(active).hasSize(8));
            }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            196 | 100 |  256 | 16 | 1216 | 17
            196 | 100 | 1024 |  8 |  152 | 129
            196 |  80 | 1024 |  8 |  120 | 131
            256 |   1 |  256 | 16 |   16 | 16
            469 |   5 |  256 | 16 |  144 | 17
            469 |  10 |  256 | 16 |  288 | 17""") void composers_periods_and_numbers_of_selections_are_those_of_the_table(int iterations,
            int epochs, int subnetworks, int concurrent, long period, int selections) {
        try (var schedule = GyroSchedule.composer(subnetworks, concurrent, iterations, epochs, 1)) {
            assertThat(schedule.period()).isEqualTo(period);
            assertThat(schedule.selections()).isEqualTo(selections);
        }
    }

    @Test void impossible_numbers_are_refused_with_a_sentence() {
        refused(() -> GyroSchedule.of(4, 5, 10, 1), "5 subnetworks cannot train at a time: there are only 4");
        refused(() -> GyroSchedule.of(0, 1, 10, 1), "the number of subnetworks has to be at least 1, not 0");
        refused(() -> GyroSchedule.of(4, 0, 10, 1), "the number of concurrent subnetworks has to be at least 1, not 0");
        refused(() -> GyroSchedule.of(4, 2, 0, 1), "the number of steps has to be at least 1, not 0");
        refused(() -> GyroSchedule.composer(256, 16, 100, 1, 1),
                "256 subnetworks in 100 iterations: Composer's period would be 0; use fewer subnetworks or more iterations");
        refused(() -> GyroSchedule.of(Kind.COMPOSER, 4, 2, 10, true, 1), "Kind.COMPOSER counts in epochs: use GyroSchedule.composer");
        for (double p : new double[] {0, 1, -0.5, Double.NaN})
            assertThatThrownBy(() -> GyroOptions.DEFAULT.p(p)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("gyro dropout needs a drop probability between 0 and 1, not " + p);
        assertThatThrownBy(() -> GyroOptions.DEFAULT.group(0)).hasMessage("a group has to have at least 1 unit, not 0");
    }

    private static void refused(Supplier<GyroSchedule> make, String sentence) {
        assertThatThrownBy(make::get).isInstanceOf(IllegalArgumentException.class).hasMessage(sentence);
    }

    @Test void the_seed_alone_decides_whatever_global_generators_are_used_for() {
        Torch.manualSeed(1);
        try (var a = GyroSchedule.of(64, 8, 100, 9); var scope = Scope.open()) {
            Tensor next = Torch.rand(1);
            Torch.manualSeed(2);
            Torch.rand(100);
            try (var b = GyroSchedule.of(64, 8, 100, 9); var c = GyroSchedule.of(64, 8, 100, 10)) {
                assertThat(run(b, 100)).isEqualTo(run(a, 100)).isNotEqualTo(run(c, 100));
            }
            Torch.manualSeed(1);
            assertThat(Torch.rand(1).torchEquals(next)).as("the global generator was not drawn from").isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE,
            names = "COMPOSER") void a_state_dict_goes_on_where_it_was_taken_in_a_schedule_of_another_seed(Kind kind) {
        try (var a = GyroSchedule.of(kind, 10, 3, 30, true, 1); var b = GyroSchedule.of(kind, 10, 3, 30, true, 2);
                var scope = Scope.open()) {
            run(a, 13);
            b.loadStateDict(a.stateDict());
            assertThat(b.step()).isEqualTo(13);
            assertThat(run(b, 20)).isEqualTo(run(a, 20));
        }
    }

    @Test void the_state_of_another_schedule_is_refused_and_changes_nothing() {
        try (var a = GyroSchedule.of(10, 3, 30, 1); var b = GyroSchedule.of(10, 2, 30, 1); var scope = Scope.open()) {
            a.advance();
            assertThatThrownBy(() -> b.loadStateDict(a.stateDict())).hasMessage("the state's 'concurrent' is 3, but this schedule's is 2");
            assertThatThrownBy(() -> b.loadStateDict(Map.of()))
                    .hasMessage("the state's 'kind' is null, but this schedule's is PERMUTATION");
            assertThat(b.step()).isZero();
        }
    }
}
