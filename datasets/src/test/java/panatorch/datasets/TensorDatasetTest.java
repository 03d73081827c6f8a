package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class TensorDatasetTest {
    @Test void items_are_the_rows_of_tensors_that_may_be_closed() {
        TensorDataset set;
        try (var scope = Scope.open()) {
            Tensor transposed = Torch.tensor(new float[] {0, 1, 2, 3, 4, 5}, 2, 3).t(); // not contiguous
            set = TensorDataset.of(transposed, Torch.tensor(new long[] {7, 8, 9}, 3), List.of());
        }
        assertThat(set.size()).isEqualTo(3);
        assertThat(set.label(2)).isEqualTo(9);
        try (Batch batch = set.batch(2, 0)) {
            assertThat(batch.get("inputs").toFloatArray()).containsExactly(2, 5, 0, 3);
            assertThat(batch.labels().toLongArray()).containsExactly(9, 7);
        }
        try (var epoch = DataLoader.of(set, 2).dropLast().build().epoch(0); Batch batch = epoch.iterator().next()) {
            assertThat(batch.input().shape()).containsExactly(2, 2);
        }
    }

    @Test void many_fields_of_any_shape_make_an_item() {
        try (var scope = Scope.open()) {
            var fields = new LinkedHashMap<String, Tensor>();
            fields.put("image", Torch.zeros(4, 1, 2));
            fields.put("weight", Torch.tensor(new double[] {1, 2, 3, 4}, 4));
            var set = TensorDataset.of(fields, List.of());
            try (Batch batch = set.batch(1, 3)) {
                assertThat(batch.tensors().keySet()).containsExactly("image", "weight");
                assertThat(batch.get("image").shape()).containsExactly(2, 1, 2);
                assertThat(batch.get("weight").toDoubleArray()).containsExactly(2, 4);
            }
            assertThatThrownBy(() -> set.label(0)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the items have no field labels; their fields are image, weight");
            assertThatThrownBy(() -> set.batch(4)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test void tensors_of_different_lengths_or_without_rows_are_refused() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> TensorDataset.of(Torch.zeros(3, 2), Torch.zeros(4), List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tensor labels has 4 rows, but inputs has 3");
            assertThatThrownBy(() -> TensorDataset.of(Torch.zeros(), Torch.zeros(4), List.of()))
                    .hasMessage("tensor inputs is a scalar; a dataset needs tensors with a row for each item");
        }
    }
}
