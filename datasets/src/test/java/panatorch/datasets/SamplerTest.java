package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class SamplerTest {
    @Test void a_sequential_sampler_keeps_the_order() {
        assertThat(new SequentialSampler(4).order(3)).containsExactly(0, 1, 2, 3);
    }

    @Test void a_random_order_visits_every_image_once() {
        assertThat(new RandomSampler(1000, 7).order(0)).containsExactlyInAnyOrder(IntStream.range(0, 1000).toArray()).isNotEqualTo(new SequentialSampler(1000).order(0));
        assertThat(new RandomSampler(0, 7).order(0)).isEmpty();
    }

    @Test void the_order_depends_on_seed_and_epoch_only() {
        var sampler = new RandomSampler(100, 7);
        int[] second = sampler.order(1);
        sampler.order(5);
        assertThat(sampler.order(1)).isEqualTo(second);
        assertThat(new RandomSampler(100, 7).order(1)).isEqualTo(second);
    }

    @Test void neighbouring_epochs_and_seeds_share_no_order() {
        assertThat(new RandomSampler(100, 7).order(1)).isNotEqualTo(new RandomSampler(100, 7).order(0)).isNotEqualTo(new RandomSampler(100, 8).order(0));
    }

    @Test void every_place_is_equally_likely() {
        var counts = new int[5][5];
        for (int epoch = 0; epoch < 5000; epoch++) {
            int[] order = new RandomSampler(5, 0).order(epoch);
            for (int place = 0; place < 5; place++) counts[place][order[place]]++;
        }
        for (var place : counts) for (int n : place) assertThat(n).isBetween(1000 - 120, 1000 + 120); // four standard deviations
    }
}
