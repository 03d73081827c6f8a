package panatorch.nn.dropout.gyro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Dropout1d;
import panatorch.nn.Dropout2d;
import panatorch.nn.Module;
import panatorch.nn.dropout.gyro.GyroOptions.Scale;
import panatorch.nn.dropout.gyro.GyroOptions.Units;
import panatorch.nn.dropout.gyro.GyroSchedule.Kind;

/** The unit tests that the method's specification asks for (§2.7), as far as they are about masks. */
@NoTensorLeaks
class GyroMasksTest {
    private static Dropout layer(double p, GyroSchedule schedule, GyroOptions options) {
        var layer = new Dropout(p);
        layer.setMasks(new GyroMasks(schedule, options));
        return layer;
    }

    private static Dropout layer(double p, GyroSchedule schedule) { return layer(p, schedule, GyroOptions.DEFAULT); }

    private static GyroMasks masks(Dropout layer) { return (GyroMasks) layer.masks(); }

    /** What the layer multiplies ones of this shape by. */
    private static Tensor applied(Dropout layer, long... shape) {
        return layer.call(Aten.ones(shape, DType.FLOAT64));
    }

    private static List<List<Double>> rows(Tensor of) {
        double[] all = of.to(DType.FLOAT64).toDoubleArray();
        int width = (int) (of.numel() / of.size(0));
        var rows = new ArrayList<List<Double>>();
        for (int i = 0; i < all.length; i += width) rows.add(Arrays.stream(all, i, i + width).boxed().toList());
        return rows;
    }

    private static List<List<Double>> bank(Dropout layer) { return rows(masks(layer).bank()); }

    @Test void the_bank_has_distinct_rows_that_keep_one_minus_p_and_never_changes() {
        try (var schedule = GyroSchedule.of(256, 16, 64, 1); var layer = layer(0.3, schedule); var scope = Scope.open()) {
            applied(layer, 32, 500);
            Tensor bank = masks(layer).bank(), before = bank.clone();
            assertThat(bank.shape()).containsExactly(256, 500);
            assertThat(new HashSet<>(bank(layer))).hasSize(256);
            assertThat(bank.mean().itemDouble()).isCloseTo(0.7, within(0.01)); // sd 0.0013
            for (int s = 0; s < 64; s++, schedule.advance()) applied(layer, 32, 500);
            assertThat(masks(layer).bank().torchEquals(before)).isTrue();
        }
    }

    @Test void rows_of_few_units_are_distinct_while_there_are_enough_and_never_empty() {
        try (var schedule = GyroSchedule.of(40, 4, 10, 1); var six = layer(0.5, schedule); var three = layer(0.5, schedule);
                var one = layer(0.9, schedule); var scope = Scope.open()) {
            applied(six, 4, 6);
            assertThat(new HashSet<>(bank(six))).as("40 of 63").hasSize(40);
            applied(three, 4, 3);
            assertThat(new HashSet<>(bank(three))).as("all that are there").hasSize(7);
            assertThat(bank(three)).noneMatch(row -> row.stream().allMatch(v -> v == 0));
            applied(one, 4, 1);
            assertThat(bank(one)).containsOnly(List.of(1.0));
        }
    }

    @Test void over_a_permutation_exactly_the_banks_masks_are_applied_each_to_equally_many_rows() {
        try (var schedule = GyroSchedule.of(24, 4, 60, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            var rows = new HashMap<List<Double>, Integer>();
            for (int s = 0; s < 60; s++, schedule.advance())
                rows(applied(layer, 8, 20).div(2)).forEach(row -> rows.merge(row, 1, Integer::sum));
            assertThat(rows.keySet()).isEqualTo(new HashSet<>(bank(layer))).hasSize(24);
            assertThat(rows.values()).containsOnly(60 / 6 * 2);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 8, 17, 80, 96, 100, 256}) void groups_of_rows_are_contiguous_and_as_equal_as_they_can_be_for_any_batch(
            long batch) {
        try (var schedule = GyroSchedule.of(32, 16, 10, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            var applied = rows(applied(layer, batch, 40).div(2));
            var bank = bank(layer);
            var sizes = new int[16];
            for (int i = 0, last = 0; i < batch; i++) {
                int group = (int) (i * 16 / batch);
                assertThat(applied.get(i)).isEqualTo(bank.get((int) schedule.active()[group]));
                assertThat(group).isGreaterThanOrEqualTo(last);
                last = group;
                sizes[group]++;
            }
            assertThat(Arrays.stream(sizes).max().getAsInt() - Arrays.stream(sizes).min().getAsInt()).isLessThanOrEqualTo(1);
            if (batch % 16 == 0)
                assertThat(applied(layer, batch, 40).torchEquals(
                        masks(layer).bank().indexSelect(0, Torch.tensor(schedule.active())).repeatInterleave(batch / 16, 0L)
                                .to(DType.FLOAT64).mul(2)))
                        .isTrue();
        }
    }

    @Test void batches_of_any_sizes_follow_each_other_and_an_empty_one_stays_empty() {
        try (var schedule = GyroSchedule.of(8, 4, 100, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            for (long batch : new long[] {8, 5, 8, 1, 0, 3, 8}) {
                assertThat(applied(layer, batch, 12).shape()).containsExactly(batch, 12);
                schedule.advance();
            }
        }
    }

    @Test void outputs_and_gradients_are_the_mask_over_the_keep_probability_exactly() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var layer = layer(0.3, schedule); var scope = Scope.open()) {
            Tensor x = Aten.randn(new long[] {6, 10}, DType.FLOAT64).requiresGrad_(true), y = layer.call(x);
            y.sum().backward();
            Tensor rows = Torch.tensor(new long[] {0, 0, 1, 2, 2, 3}), mask =
                    masks(layer).bank().indexSelect(0, Torch.tensor(schedule.active()).indexSelect(0, rows)).to(DType.FLOAT64).div(1 - 0.3);
            assertThat(y.torchEquals(x.mul(mask))).isTrue();
            assertThat(x.grad().torchEquals(mask)).isTrue();
        }
    }

    @Test void evaluation_is_the_identity_and_neither_counts_nor_draws() {
        for (var schedule : List.of(GyroSchedule.of(8, 4, 10, 1), GyroSchedule.composer(8, 4, 10, 1, 1)))
            try (schedule; var layer = layer(0.5, schedule); var scope = Scope.open()) {
                layer.eval();
                Tensor x = Torch.randn(6, 10), generator = schedule.generator().state();
                assertThat(layer.call(x)).isSameAs(x);
                assertThat(masks(layer).bank()).isNull();
                assertThat(schedule.step()).isZero();
                assertThat(schedule.generator().state().torchEquals(generator)).isTrue();
            }
    }

    @Test void one_at_a_time_is_one_mask_for_all_rows_and_all_at_a_time_is_every_mask_always() {
        try (var one = GyroSchedule.of(5, 1, 50, 1); var all = GyroSchedule.of(5, 5, 50, 1); var a = layer(0.5, one);
                var b = layer(0.5, all); var scope = Scope.open()) {
            for (int s = 0; s < 50; s++, one.advance(), all.advance()) {
                assertThat(new HashSet<>(rows(applied(a, 7, 30)))).hasSize(1);
                assertThat(new HashSet<>(rows(applied(b, 10, 30)))).hasSize(5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, PERMUTATION", "true, RANDOM_WITH_REPLACEMENT",
        "false, PERMUTATION"}) void layers_that_share_selections_make_whole_subnetworks_and_others_mix_them(boolean shared, Kind kind) {
        try (var schedule = GyroSchedule.of(kind, 24, 4, 60, shared, 1); var a = layer(0.5, schedule); var b = layer(0.5, schedule);
                var scope = Scope.open()) {
            Set<List<List<Double>>> pairs = new HashSet<>();
            Set<List<Integer>> numbers = new HashSet<>();
            for (int s = 0; s < 60; s++, schedule.advance()) {
                var first = rows(applied(a, 8, 20).div(2));
                var second = rows(applied(b, 8, 30).div(2));
                for (int i = 0; i < 8; i++) {
                    pairs.add(List.of(first.get(i), second.get(i)));
                    numbers.add(List.of(bank(a).indexOf(first.get(i)), bank(b).indexOf(second.get(i))));
                }
            }
            if (kind == Kind.PERMUTATION) assertThat(pairs).hasSize(24);
            assertThat(numbers.stream().allMatch(n -> n.getFirst().equals(n.getLast()))).isEqualTo(shared);
        }
    }

    @Test void features_of_tokens_and_channels_of_images_are_masked_and_elements_if_asked_for() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var scope = Scope.open()) {
            check(schedule, GyroOptions.DEFAULT, new long[] {6, 5, 12}, 12, y -> y.select(1, 3));
            check(schedule, GyroOptions.DEFAULT, new long[] {6, 12, 3, 2}, 12, y -> y.select(2, 1).select(2, 1));
            check(schedule, GyroOptions.DEFAULT, new long[] {6, 12, 3, 2, 2}, 12, y -> y.select(2, 1).select(2, 1).select(2, 1));
            check(schedule, GyroOptions.DEFAULT.units(Units.CHANNELS), new long[] {6, 12, 5}, 12, y -> y.select(2, 2));
            check(schedule, GyroOptions.DEFAULT.units(Units.ELEMENTS), new long[] {6, 12, 3, 2}, 72, y -> y.flatten(1));
            check(schedule, GyroOptions.DEFAULT.units(Units.ELEMENTS), new long[] {6, 5, 12}, 60, y -> y.flatten(1));
        }
    }

    private static void check(GyroSchedule schedule, GyroOptions options, long[] shape, long width,
            java.util.function.UnaryOperator<Tensor> slice) {
        try (var layer = layer(0.5, schedule, options)) {
            Tensor y = applied(layer, shape);
            assertThat(y.shape()).isEqualTo(shape);
            assertThat(masks(layer).bank().shape()).containsExactly(8, width);
            Tensor rows = Torch.tensor(new long[] {0, 0, 1, 2, 2, 3}),
                    mask = masks(layer).bank().indexSelect(0, Torch.tensor(schedule.active()).indexSelect(0, rows)).mul(2);
            assertThat(slice.apply(y).to(DType.FLOAT32).torchEquals(mask)).isTrue();
            assertThat(y.sum().itemDouble()).isEqualTo(mask.sum().itemDouble() * y.numel() / mask.numel());
        }
    }

    @Test void layers_that_drop_channels_take_masks_of_channels() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var two = new Dropout2d(0.5); var one = new Dropout1d(0.5);
                var scope = Scope.open()) {
            two.setMasks(new GyroMasks(schedule, GyroOptions.DEFAULT.units(Units.ELEMENTS)));
            one.setMasks(new GyroMasks(schedule));
            Tensor y = two.call(Torch.ones(8, 12, 3, 2));
            assertThat(((GyroMasks) two.masks()).bank().shape()).containsExactly(8, 12);
            assertThat(y.torchEquals(y.narrow(2, 0, 1).narrow(3, 0, 1).expand(8, 12, 3, 2))).isTrue();
            one.call(Torch.ones(8, 12, 5));
            assertThat(((GyroMasks) one.masks()).bank().shape()).containsExactly(8, 12);
            assertThatThrownBy(() -> one.call(Torch.ones(12, 5))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("gyro masks need batches [B, D]");
        }
    }

    @Test void the_empirical_scale_makes_the_mean_of_what_is_active_one() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var layer = layer(0.4, schedule, GyroOptions.DEFAULT.scale(Scale.EMPIRICAL));
                var scope = Scope.open()) {
            for (int s = 0; s < 10; s++, schedule.advance())
                assertThat(applied(layer, 8, 15).mean().itemDouble()).isCloseTo(1, within(1e-6));
            assertThat(new HashSet<>(rows(applied(layer, 8, 15)).getFirst())).hasSize(2);
        }
    }

    @Test void over_many_banks_the_mean_output_is_the_input() {
        try (var scope = Scope.open()) {
            Tensor sum = Aten.zeros(new long[] {8, 20}, DType.FLOAT64);
            for (int seed = 0; seed < 400; seed++)
                try (var schedule = GyroSchedule.of(16, 4, 10, seed); var layer = layer(0.5, schedule)) {
                    sum = sum.add(applied(layer, 8, 20));
                }
            assertThat(sum.div(400).sub(1).abs().max().itemDouble()).isLessThan(0.25); // sd 0.05 each
            assertThat(sum.div(400).mean().itemDouble()).isCloseTo(1, within(0.02));
        }
    }

    @Test void forward_passes_of_one_step_have_the_same_masks() {
        try (var schedule = GyroSchedule.of(Kind.CYCLE, 8, 4, 10, true, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            Tensor first = applied(layer, 8, 20);
            for (int k = 0; k < 3; k++) assertThat(applied(layer, 8, 20).torchEquals(first)).isTrue();
            schedule.advance();
            assertThat(applied(layer, 8, 20).torchEquals(first)).isFalse();
        }
    }

    @Test void masks_are_of_the_inputs_type_and_the_bank_moves_with_the_layer() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            Tensor y = layer.call(Torch.ones(8, 20));
            assertThat(layer.call(Torch.ones(DType.BFLOAT16, 8, 20)).dtype()).isEqualTo(DType.BFLOAT16);
            layer.to(DType.BFLOAT16);
            assertThat(masks(layer).bank().dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(layer.call(Torch.ones(8, 20)).torchEquals(y)).isTrue();
        }
    }

    @Test void bank_and_schedule_restored_before_any_forward_give_identical_masks_afterwards() {
        try (var first = GyroSchedule.of(24, 4, 60, 1); var second = GyroSchedule.of(24, 4, 60, 2); var a = layer(0.5, first);
                var b = layer(0.5, second); var scope = Scope.open()) {
            for (int s = 0; s < 23; s++, first.advance()) applied(a, 8, 20);
            assertThat(a.stateDict()).containsOnlyKeys("masks.bank");
            b.loadStateDict(a.stateDict());
            second.loadStateDict(first.stateDict());
            for (int s = 23; s < 60; s++, first.advance(), second.advance())
                assertThat(applied(b, 8, 20).torchEquals(applied(a, 8, 20))).isTrue();
            assertThat(second.generator().state().torchEquals(first.generator().state())).isTrue();
        }
    }

    @Test void a_bank_that_is_loaded_over_another_is_used_from_then_on() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var a = layer(0.5, schedule); var b = layer(0.5, schedule);
                var scope = Scope.open()) {
            Tensor y = applied(a, 8, 20);
            assertThat(applied(b, 8, 20).torchEquals(y)).isFalse();
            b.loadStateDict(a.stateDict());
            assertThat(applied(b, 8, 20).torchEquals(y)).isTrue();
            try (var other = GyroSchedule.of(9, 4, 10, 1); var c = layer(0.5, other)) {
                assertThatThrownBy(() -> c.loadStateDict(a.stateDict()))
                        .hasMessageStartingWith("the bank of 9 subnetworks has to be [9, D]; the state has ");
            }
        }
    }

    @Test void a_copy_has_the_bank_and_follows_the_schedule() {
        try (var schedule = GyroSchedule.of(Kind.CYCLE, 8, 4, 10, false, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            applied(layer, 8, 20);
            try (var copy = Module.copyOf(layer)) {
                for (int s = 0; s < 5; s++, schedule.advance())
                    assertThat(applied(copy, 8, 20).torchEquals(applied(layer, 8, 20))).isTrue();
            }
        }
    }

    @Test void what_a_bank_cannot_do_is_told() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var layer = layer(0.5, schedule);
                var grouped = layer(0.5, schedule, GyroOptions.DEFAULT.group(8)); var scope = Scope.open()) {
            applied(layer, 8, 20);
            assertThatThrownBy(() -> applied(layer, 8, 21)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the bank has masks of 20 units, but the input has 21");
            assertThatThrownBy(() -> applied(layer, 20)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("gyro masks need batches");
            layer.setP(0.4);
            assertThatThrownBy(() -> applied(layer, 8, 20)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("the bank was drawn for p = 0.5, but the layer's p is now 0.4");
            assertThatThrownBy(() -> applied(grouped, 8, 20)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("groups of 8 do not divide 20 units");
            grouped.setP(0.99);
            assertThatThrownBy(() -> applied(grouped, 8, 24)).hasMessage("a drop probability of 0.99 keeps none of the 3 groups");
            grouped.setP(1);
            assertThatThrownBy(() -> applied(grouped, 8, 24)).hasMessageContaining("every subnetwork would be empty");
            try (var inference = InferenceMode.enter(); var fresh = layer(0.5, schedule)) {
                assertThatThrownBy(() -> applied(fresh, 8, 20)).isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("inference mode");
            }
            try (var hopeless = layer(1 - 1e-9, schedule)) {
                assertThatThrownBy(() -> applied(hopeless, 8, 3)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageEndingWith("leaves none of 3 units");
            }
        }
    }

    @Test void a_mask_made_in_inference_mode_is_not_used_in_training() {
        try (var schedule = GyroSchedule.of(8, 4, 10, 1); var layer = layer(0.5, schedule); var scope = Scope.open()) {
            applied(layer, 8, 20);
            schedule.advance();
            try (var inference = InferenceMode.enter()) {
                applied(layer, 12, 20);
            }
            Tensor x = Aten.ones(new long[] {12, 20}, DType.FLOAT64).requiresGrad_(true);
            layer.call(x).sum().backward();
            assertThat(x.grad().torchEquals(applied(layer, 12, 20))).isTrue();
        }
    }
}
