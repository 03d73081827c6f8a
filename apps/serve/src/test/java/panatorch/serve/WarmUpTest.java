package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final long MILLISECOND = 1_000_000;

    /** Milliseconds an image on one of two threads of an AMD EPYC, by the rows of a batch. */
    private static final Map<Long, Double> RESNET18 =
            Map.of(1L, 24.95, 2L, 20.95, 4L, 20.16, 8L, 19.97, 16L, 33.62, 32L, 49.19, 64L, 56.09);

    @Test void a_network_that_gains_nothing_beyond_two_rows_gets_batches_of_two() {
        assertThat(WarmUp.best(64, n -> (long) (RESNET18.get(n) * n * MILLISECOND))).isEqualTo(2);
    }

    @Test void a_network_whose_runs_have_a_large_part_that_all_rows_share_gets_full_batches() {
        assertThat(WarmUp.best(64, n -> (20 + n) * MILLISECOND)).isEqualTo(64);
        assertThat(WarmUp.best(50, n -> (20 + n) * MILLISECOND)).isEqualTo(50);
    }

    @Test void quick_runs_are_not_judged() {
        assertThat(WarmUp.best(64, n -> n * 10_000)).isEqualTo(64);
        assertThat(WarmUp.best(1, n -> n)).isEqualTo(1);
    }

    @Test void one_size_that_takes_longer_by_chance_does_not_end_the_search() {
        assertThat(WarmUp.best(16, n -> (20 + n) * MILLISECOND * (n == 4 ? 3 : 1))).isEqualTo(16);
    }
}
