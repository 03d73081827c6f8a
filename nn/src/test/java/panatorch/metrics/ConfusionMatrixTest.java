package panatorch.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.metrics.CalibrationTest.refused;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

/** What follows from the definitions; scikit-learn's numbers are in {@code native-tests}. */
@NoTensorLeaks
class ConfusionMatrixTest {
    @Test void rows_are_true_classes_and_columns_predicted_ones() {
        try (var scope = Scope.open(); var matrix = new ConfusionMatrix(List.of("cat", "dog"))) {
            matrix.update(Torch.tensor(new long[] {0, 1, 1}), Torch.tensor(new long[] {0, 0, 1}));
            matrix.update(Torch.tensor(new float[][] {{0.1f, 0.9f}}), Torch.tensor(new int[] {1}));
            ClassificationReport report = matrix.report();
            assertThat(report.counts()).isDeepEqualTo(new long[][] {{1, 1}, {0, 2}});
            assertThat(report.of(0)).isEqualTo(new ClassificationReport.Scores(1, 0.5, 2 / 3.0, 2));
            assertThat(report.accuracy()).isEqualTo(0.75);
            assertThat(report.matrix()).isEqualTo("""
                    true \\ predicted cat dog
                    cat                1   1
                    dog                0   2
                    """);
            assertThat(report.table()).isEqualTo("""
                                      precision     recall         f1    support
                    cat                  1.0000     0.5000     0.6667          2
                    dog                  0.6667     1.0000     0.8000          2
                    accuracy                                   0.7500          4
                    macro average        0.8333     0.7500     0.7333          4
                    weighted average     0.8333     0.7500     0.7333          4
                    """);
        }
    }

    @Test void counts_outlive_the_scope_of_a_batch_and_a_reset_forgets_them() {
        try (var matrix = new ConfusionMatrix(2)) {
            for (int batch = 0; batch < 3; batch++) {
                try (var scope = Scope.open()) {
                    matrix.update(Torch.tensor(new long[] {1}), Torch.tensor(new long[] {0}));
                }
            }
            assertThat(matrix.report().counts()).isDeepEqualTo(new long[][] {{0, 3}, {0, 0}});
            matrix.reset();
            assertThatThrownBy(matrix::report).isInstanceOf(IllegalStateException.class).hasMessageContaining("no batch");
        }
    }

    @Test void a_batch_with_classes_out_of_range_is_refused_as_a_whole() {
        try (var scope = Scope.open(); var matrix = new ConfusionMatrix(3)) {
            Tensor good = Torch.tensor(new long[] {0, 1, 2}), bad = Torch.tensor(new long[] {0, 3, -1});
            matrix.update(good, good);
            refused(() -> matrix.update(good, bad), "2 of the labels are not in 0 … 2");
            refused(() -> matrix.update(bad, good), "2 of the predictions are not in 0 … 2");
            refused(() -> matrix.update(Torch.zeros(3, 4), good), "scores have to be [N, 3], not float32 [3, 4]");
            refused(() -> matrix.update(Torch.zeros(3), good), "predictions have to be whole numbers");
            refused(() -> matrix.update(good, good.narrow(0, 0, 2)), "labels have length 2, but there are 3 examples");
            assertThat(matrix.report().total()).isEqualTo(3);
        }
    }

    /** The device "meta" has shapes and no elements: reading one fails. */
    @Test void batches_on_a_device_are_counted_without_reading_a_number_back() {
        try (var scope = Scope.open(); var matrix = new ConfusionMatrix(3)) {
            Tensor scores = Torch.zeros(DType.FLOAT32, Device.META, 5, 3), labels = Torch.zeros(DType.INT64, Device.META, 5);
            matrix.update(scores, labels);
            assertThat(Accuracy.correct(scores, labels, 2).shape()).containsExactly(5);
            assertThatThrownBy(matrix::report).isInstanceOf(TorchException.class);
        }
    }

    @Test void the_right_class_among_the_first_k_counts() {
        try (var scope = Scope.open()) {
            Tensor scores = Torch.tensor(new float[][] {{3, 2, 1}, {3, 2, 1}, {3, 2, 1}}), labels = Torch.tensor(new long[] {0, 1, 2});
            assertThat(Accuracy.correct(scores, labels, 2).toBooleanArray()).containsExactly(true, true, false);
            assertThat(Accuracy.topK(scores, labels, 1)).isEqualTo(1 / 3.0);
            assertThat(Accuracy.topK(scores, labels, 3)).isEqualTo(1);
            refused(() -> Accuracy.topK(scores, labels, 4), "k has to be between 1 and the 3 classes");
            refused(() -> Accuracy.topK(scores, labels.add(1), 1), "1 of the labels");
        }
    }
}
