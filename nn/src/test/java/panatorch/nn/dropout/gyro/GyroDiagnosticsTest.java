package panatorch.nn.dropout.gyro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

@NoTensorLeaks
class GyroDiagnosticsTest {
    @Test void figures_are_those_of_subnetworks_made_by_hand() {
        Torch.manualSeed(1);
        int examples = 40, count = 6;
        try (var schedule = GyroSchedule.of(count, 2, 10, 1); var a = new Linear(5, 16); var c = new Linear(16, 3);
                var layer = new Dropout(0.5);
                var model = new Sequential(a, new ReLU(), layer, c); var scope = Scope.open()) {
            var gyro = GyroDropout.replaceIn(model, schedule);
            Tensor x = Torch.randn(examples, 5), y = Torch.randint(3, new long[] {examples});
            assertThatThrownBy(() -> GyroDiagnostics.of(model, gyro.replaced(), x, y))
                    .hasMessageStartingWith("layer 2 has no gyro masks, or no bank yet");
            model.call(x);
            var masks = (GyroMasks) layer.masks();
            a.eval();
            var d = GyroDiagnostics.of(model, gyro.replaced(), x, y);
            assertThat(layer.masks()).isSameAs(masks);
            assertThat(new boolean[] {model.isTraining(), a.isTraining(), layer.isTraining(), c.isTraining()}).containsExactly(true, false,
                    true, true);

            long[] target = y.toLongArray();
            var predicted = new long[count][];
            Tensor probabilities = Torch.zeros(examples, 3);
            for (int k = 0; k < count; k++) {
                Tensor logits = c.call(a.call(x).relu().mul(masks.bank().select(0, k)).mul(2));
                predicted[k] = logits.argmax(1L).toLongArray();
                probabilities = probabilities.add(logits.softmax(1));
                assertThat(d.accuracies()[k]).isCloseTo(hits(predicted[k], target), within(1e-9));
            }
            double differ = 0;
            for (int i = 0; i < count; i++) for (int j = 0; j < i; j++) differ += 1 - hits(predicted[i], predicted[j]);
            assertThat(d.disagreement()).isCloseTo(differ / (count * (count - 1) / 2), within(1e-9)).isPositive();
            assertThat(d.ensemble()).isCloseTo(hits(probabilities.argmax(1L).toLongArray(), target), within(1e-9));
            model.eval();
            assertThat(d.full()).isCloseTo(hits(model.call(x).argmax(1L).toLongArray(), target), within(1e-9));
        }
    }

    private static double hits(long[] a, long[] b) {
        int same = 0;
        for (int i = 0; i < a.length; i++) if (a[i] == b[i]) same++;
        return (double) same / a.length;
    }
}
