package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class SamplerTest {
    @Test void a_sequential_sampler_keeps_the_order() {
        assertThat(new SequentialSampler(4).order(3)).containsExactly(0, 1, 2, 3);
    }

    @Test void a_random_order_visits_every_image_once() {
        assertThat(new RandomSampler(1000, 7).order(0)).containsExactlyInAnyOrder(IntStream.range(0, 1000).toArray())
                .isNotEqualTo(new SequentialSampler(1000).order(0));
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
        assertThat(new RandomSampler(100, 7).order(1)).isNotEqualTo(new RandomSampler(100, 7).order(0))
                .isNotEqualTo(new RandomSampler(100, 8).order(0));
    }

    @Test void every_place_is_equally_likely() {
        var counts = new int[5][5];
        for (int epoch = 0; epoch < 5000; epoch++) {
            int[] order = new RandomSampler(5, 0).order(epoch);
            for (int place = 0; place < 5; place++) counts[place][order[place]]++;
        }
        for (var place : counts) for (int n : place) assertThat(n).isBetween(1000 - 120, 1000 + 120); // four standard deviations
    }

    @Test void items_are_drawn_in_proportion_to_their_weights() {
        var counts = new int[3];
        for (int i : new WeightedSampler(new double[] {1, 0, 3}, 8000, true, 4).order(0)) counts[i]++;
        assertThat(counts[1]).isZero();
        assertThat(counts[2]).isBetween(6000 - 160, 6000 + 160); // four standard deviations
    }

    @Test void without_replacement_no_item_comes_twice() {
        var sampler = new WeightedSampler(new double[] {1, 5, 0, 2}, 3, false, 4);
        for (int epoch = 0; epoch < 20; epoch++) assertThat(sampler.order(epoch)).containsExactlyInAnyOrder(0, 1, 3);
        assertThat(new WeightedSampler(new double[] {0}, 0, true, 4).order(0)).isEmpty();
    }

    @Test void impossible_weights_are_refused() {
        assertThatThrownBy(() -> new WeightedSampler(new double[] {1, -1}, 1, true, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weights must be finite and at least 0, but one is -1.0");
        assertThatThrownBy(() -> new WeightedSampler(new double[] {Double.NaN}, 1, true, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WeightedSampler(new double[] {1, 0, 1}, 3, false, 0))
                .hasMessage("3 items cannot be drawn from 2 with a weight above 0");
        assertThatThrownBy(() -> new WeightedSampler(new double[] {0}, 1, true, 0))
                .hasMessage("1 items cannot be drawn from 0 with a weight above 0");
    }

    @Test void balanced_draws_have_as_many_of_a_rare_class() {
        // 100 of class 0, 10 of class 1
        var set = new Numbered(300).subset(IntStream.range(0, 300).filter(i -> i % 3 == 0 || i % 30 == 1).toArray());
        var counts = new int[3];
        for (int epoch = 0; epoch < 30; epoch++) for (int i : WeightedSampler.balanced(set, 6).order(epoch)) counts[set.label(i)]++;
        assertThat(counts[0]).isBetween(1650 - 115, 1650 + 115); // four standard deviations
    }

    @Test void every_batch_of_a_stratified_order_has_the_proportions_of_the_set() {
        int[] labels = IntStream.range(0, 1000).map(i -> i < 600 ? 0 : i < 900 ? 1 : 2).toArray();
        var sampler = new StratifiedSampler(labels, 5);
        int[] order = sampler.order(0);
        assertThat(order).containsExactlyInAnyOrder(IntStream.range(0, 1000).toArray());
        for (int begin = 0; begin < 1000; begin += 50) {
            var counts = new int[3];
            for (int i = begin; i < begin + 50; i++) counts[labels[order[i]]]++;
            assertThat(counts[0]).isBetween(28, 32);
            assertThat(counts[1]).isBetween(13, 17);
            assertThat(counts[2]).isBetween(3, 7);
        }
        assertThat(sampler.order(0)).isEqualTo(order).isNotEqualTo(sampler.order(1));
        assertThat(new StratifiedSampler(new int[0], 5).order(0)).isEmpty();
    }

    /** {@code list(torch.utils.data.DistributedSampler(range(7), 3, rank, shuffle=False, drop_last=...))} for the ranks 0, 1, 2. */
    @Test void processes_share_an_order_as_in_torch() {
        var seven = new SequentialSampler(7);
        int[][] padded = {{0, 3, 6}, {1, 4, 0}, {2, 5, 1}}, dropped = {{0, 3}, {1, 4}, {2, 5}};
        for (int rank = 0; rank < 3; rank++) {
            assertThat(new DistributedSampler(seven, rank, 3, false).order(0)).isEqualTo(padded[rank]);
            assertThat(new DistributedSampler(seven, rank, 3, true).order(0)).isEqualTo(dropped[rank]);
        }
        assertThat(new DistributedSampler(new SequentialSampler(1), 3, 4, false).order(0)).as("fewer items than processes")
                .containsExactly(0);
        assertThat(new DistributedSampler(new SequentialSampler(0), 3, 4, false).order(0)).isEmpty();
        assertThatThrownBy(() -> new DistributedSampler(seven, 3, 3, false)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rank must lie between 0 and 2 for 3 processes, but is 3");
    }
}
