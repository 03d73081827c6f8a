package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Linear;
import panatorch.nn.Sequential;

@NoTensorLeaks
class AveragedModelTest {
    /** All weights are n at update n, from 1. */
    private static double after(int updates, AveragedModel average, Linear model) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (int n = 1; n <= updates; n++) {
                for (Tensor p : model.parameters()) p.fill_(n);
                average.update(model);
            }
            return average.module().parameters().getFirst().max().itemDouble();
        }
    }

    @Test void swa_is_the_mean_of_all_updates() {
        try (var model = new Linear(2, 3); var copy = new Linear(2, 3)) {
            assertThat(after(4, AveragedModel.swa(copy), model)).isCloseTo(2.5, within(1e-6));
        }
    }

    @Test void ema_begins_with_the_first_weights_and_forgets_slowly() {
        try (var model = new Linear(2, 3); var copy = new Linear(2, 3)) {
            assertThat(after(3, AveragedModel.ema(copy, 0.9), model)).isCloseTo(0.9 * (0.9 * 1 + 0.1 * 2) + 0.1 * 3, within(1e-6));
        }
    }

    @Test void an_average_is_continued() {
        try (var model = new Linear(2, 3); var copy = new Linear(2, 3)) {
            after(2, AveragedModel.swa(copy), model);
            var resumed = AveragedModel.swa(copy);
            resumed.setUpdates(2);
            assertThat(after(1, resumed, model)).isCloseTo((1 + 2 + 1) / 3.0, within(1e-6));
            assertThat(resumed.updates()).isEqualTo(3);
        }
    }

    @Test void buffers_are_copied_or_averaged() {
        try (var scope = Scope.open(); var model = new BatchNorm2d(2); var copied = new BatchNorm2d(2); var averaged = new BatchNorm2d(2)) {
            var copies = AveragedModel.swa(copied);
            var averages = new AveragedModel(averaged, n -> 1 / (n + 1), true);
            for (int n = 1; n <= 2; n++) {
                model.namedBuffers().get("running_mean").fill_(n);
                copies.update(model);
                averages.update(model);
            }
            assertThat(copied.namedBuffers().get("running_mean").toFloatArray()).containsExactly(2, 2);
            assertThat(averaged.namedBuffers().get("running_mean").toFloatArray()).containsExactly(1.5f, 1.5f);
        }
    }

    @Test void models_of_different_makes_and_impossible_decays_are_refused() {
        try (var model = new Linear(2, 3); var other = new Linear(2, 3, false)) {
            assertThatThrownBy(() -> AveragedModel.swa(other).update(model)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> AveragedModel.ema(other, 1.1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test void batch_normalisation_gets_the_plain_means_of_all_batches() {
        try (var scope = Scope.open(); var model = new Sequential(new BatchNorm1d(2), new Linear(2, 1))) {
            model.eval();
            AveragedModel.updateBn(model,
                    List.of(Torch.tensor(new float[][] {{1, 2}, {3, 6}}), Torch.tensor(new float[][] {{5, 0}, {5, 4}})));
            assertThat(model.isTraining()).isFalse();
            assertThat(model.namedBuffers().get("0.running_mean").toFloatArray()).containsExactly(3.5f, 3);
            assertThat(model.namedBuffers().get("0.running_var").toFloatArray()).containsExactly(1, 8);
            assertThat(model.namedBuffers().get("0.num_batches_tracked").itemLong()).isEqualTo(2);
            Tensor mean = model.namedBuffers().get("0.running_mean").clone();
            model.call(Torch.ones(2, 2));
            assertThat(model.namedBuffers().get("0.running_mean").torchEquals(mean)).isTrue();
        }
    }
}
