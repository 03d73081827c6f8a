package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class DatasetTest {
    private final Dataset set = new Numbered(7);

    private static byte[] pixels(Dataset set, int... indices) {
        try (var arena = Arena.ofConfined()) {
            var images = arena.allocate(4L * indices.length);
            set.read(indices, images, arena.allocate(8L * indices.length, 8));
            return images.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Test void a_batch_holds_images_and_labels_in_the_order_asked_for() {
        try (var arena = Arena.ofConfined()) {
            var images = arena.allocate(12);
            var labels = arena.allocate(24, 8);
            set.read(new int[] {5, 0, 5}, images, labels);
            assertThat(images.toArray(ValueLayout.JAVA_BYTE)).containsExactly(5, 5, 5, 5, 0, 0, 0, 0, 5, 5, 5, 5);
            assertThat(labels.toArray(ValueLayout.JAVA_LONG)).containsExactly(2, 0, 2);
        }
    }

    @Test void a_limited_set_has_the_first_images() {
        assertThat(set.limit(2).size()).isEqualTo(2);
        assertThat(pixels(set.limit(2), 1)).containsOnly(1);
        assertThat(set.limit(8)).isSameAs(set);
        assertThat(set.limit(0).size()).isZero();
        assertThatThrownBy(() -> set.limit(2).read(2, MemorySegment.ofArray(new byte[4]), 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test void a_subset_has_its_own_numbering() {
        var view = set.subset(6, 3).subset(1);
        assertThat(view.size()).isEqualTo(1);
        assertThat(pixels(view, 0)).containsOnly(3);
        assertThat(view.classNames()).isEqualTo(set.classNames());
    }

    @Test void a_subset_of_images_that_do_not_exist_is_refused() {
        assertThatThrownBy(() -> set.subset(0, 7)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> set.limit(-1)).isInstanceOf(IllegalArgumentException.class).hasMessage("a set cannot be limited to -1 images");
    }

    @Test void memory_of_another_size_than_the_batch_is_refused() {
        assertThatThrownBy(() -> set.read(new int[] {0, 1}, MemorySegment.ofArray(new byte[4]), MemorySegment.ofArray(new long[2])))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("2 images of 4 bytes and their int64 labels do not fill 4 and 16 bytes");
    }
}
