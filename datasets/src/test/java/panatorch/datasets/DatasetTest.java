package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class DatasetTest {
    private final Dataset set = new Numbered(7);

    private static byte[] pixels(Dataset set, int... indices) {
        try (Batch batch = set.batch(indices)) {
            return batch.images().toByteArray();
        }
    }

    @Test void a_batch_holds_images_and_labels_in_the_order_asked_for() {
        try (Batch batch = set.batch(5, 0, 5)) {
            assertThat(batch.images().toByteArray()).containsExactly(5, 5, 5, 5, 0, 0, 0, 0, 5, 5, 5, 5);
            assertThat(batch.labels().toLongArray()).containsExactly(2, 0, 2);
            assertThat(batch.input()).isSameAs(batch.images());
            assertThatThrownBy(batch::tokens).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the batch has no field tokens; its fields are images, labels");
        }
    }

    @Test void a_limited_set_has_the_first_images() {
        assertThat(set.limit(2).size()).isEqualTo(2);
        assertThat(pixels(set.limit(2), 1)).containsOnly(1);
        assertThat(set.limit(8)).isSameAs(set);
        assertThat(set.limit(0).size()).isZero();
        assertThatThrownBy(() -> set.limit(2).batch(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test void spaced_items_are_at_even_distances() {
        assertThat(pixels(set.spaced(2), 0)).containsOnly(0);
        assertThat(pixels(set.spaced(2), 1)).containsOnly(3);
        assertThat(set.spaced(7)).isSameAs(set);
        assertThat(set.spaced(0).size()).isZero();
        assertThatThrownBy(() -> set.spaced(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void a_subset_has_its_own_numbering() {
        var view = set.subset(6, 3).subset(1);
        assertThat(view.size()).isEqualTo(1);
        assertThat(pixels(view, 0)).containsOnly(3);
        assertThat(view.classNames()).isEqualTo(set.classNames());
    }

    @Test void a_subset_of_images_that_do_not_exist_is_refused() {
        assertThatThrownBy(() -> set.subset(0, 7)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> set.limit(-1)).isInstanceOf(IllegalArgumentException.class).hasMessage("n must be at least 0, but is -1");
    }

    @Test void joined_sets_follow_one_another() {
        var all = Dataset.concat(new Numbered(2), new Numbered(0), new Numbered(3).subset(2, 1));
        assertThat(all.size()).isEqualTo(4);
        assertThat(pixels(all, 0, 1, 2, 3)).containsExactly(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1);
        assertThat(all.label(2)).isEqualTo(2);
        assertThat(all.name(2)).isEqualTo("item 2");
        assertThatThrownBy(() -> all.batch(4)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test void sets_of_different_items_or_classes_are_not_joined() {
        assertThatThrownBy(() -> Dataset.concat(set, Synthetic.test(10, 0))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("datasets with different fields cannot be concatenated");
        var renamed = set.map(new Schema(set.schema().fields(), List.of("x"), null), (from, to) -> {});
        assertThatThrownBy(() -> Dataset.concat(set, renamed))
                .hasMessage("datasets with different classes cannot be concatenated: [a, b, c] and [x]");
    }

    /** {@code torch.utils.data.random_split(range(10), [0.55, 0.25, 0.2], torch.Generator().manual_seed(3))}. */
    @Test void a_set_is_split_as_by_torch() {
        List<Dataset> parts = new Numbered(10).split(3, 0.55, 0.25, 0.2);
        assertThat(parts.stream().map(p -> IntStream.range(0, p.size()).map(i -> (int) pixels(p, i)[0]).boxed().toList()))
                .containsExactly(List.of(6, 0, 3, 7, 8, 5), List.of(1, 9), List.of(2, 4));
        assertThatThrownBy(() -> set.split(0, 0.5, 0.4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("fractions must sum to 1");
    }

    @Test void a_mapped_set_changes_items_while_they_are_read() {
        var fields = List.of(Field.of("doubled", DType.FLOAT32, 2), Field.labels());
        var doubled = set.map(new Schema(fields, set.classNames(), null), (from, to) -> {
            float pixel = from.field(0).get(ValueLayout.JAVA_BYTE, 0);
            for (int i = 0; i < 2; i++) to.field(0).setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * pixel + i);
            to.set(1, 2 - from.get(1));
        });
        try (Batch batch = doubled.batch(4, 6)) {
            assertThat(batch.get("doubled").toFloatArray()).containsExactly(8, 9, 12, 13);
            assertThat(batch.labels().toLongArray()).containsExactly(1, 2);
        }
        assertThat(doubled.label(4)).isEqualTo(1);
        assertThatThrownBy(doubled::mean).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the dataset has no mean and standard deviation");
    }

    @Test void a_batch_is_cut_to_its_longest_item() {
        var counted = set.map(new Schema(List.of(Field.of(Field.TOKENS, DType.INT64, 9)), List.of(), null), (from, to) -> {
            long n = from.get(1) + 1;
            for (int i = 0; i < 9; i++) to.field(0).setAtIndex(ValueLayout.JAVA_LONG, i, i < n ? n : 0);
            to.trim(0, n);
        });
        try (Batch batch = counted.batch(0, 1)) {
            assertThat(batch.tokens().shape()).containsExactly(2, 2);
            assertThat(batch.tokens().toLongArray()).containsExactly(1, 0, 2, 2);
        }
    }
}
