package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Identity;

/** What a model and a criterion are given instead of a batch whose image n has n+1 everywhere, and class n. */
@NoTensorLeaks
class MixingTest {
    private static final int N = 6, SIDE = 12;

    /** What the inner objective saw, and the outer one's answer. */
    private record Seen(Tensor images, Tensor labels) {}

    private static Seen mixed(TrainingMethod method, Tensor target) {
        Tensor images = Torch.arange(1, N + 1, 1, DType.FLOAT32).view(N, 1, 1, 1).expand(N, 2, SIDE, SIDE).contiguous();
        Tensor[] labels = new Tensor[1];
        var result = method.around((model, input, y) -> {
            labels[0] = y.detach().clone().escape();
            return new Objective.Result(input.mean(), input);
        }).apply(new Identity(), images, target);
        return new Seen(result.output(), labels[0]);
    }

    @Test void mixup_combines_images_as_it_combines_their_labels() {
        Torch.manualSeed(0);
        try (var scope = Scope.open()) {
            for (int i = 0; i < 20; i++) {
                Seen seen = mixed(new Mixup(0.8, N), Torch.arange(N));
                Tensor value = seen.images.select(1, 0).select(1, 0).select(1, 0);
                // an image of n+1 stands for class n, so that the labels' mean class tells the image
                Tensor expected = seen.labels.matmul(Torch.arange(1, N + 1, 1, DType.FLOAT32));
                assertThat(value.allClose(expected, 1e-5, 1e-5)).isTrue();
                assertThat(seen.labels.sum(new long[] {1}).allClose(Torch.ones(N))).isTrue();
                assertThat(seen.labels.gt(0).sum(new long[] {1}).max().itemLong()).isLessThanOrEqualTo(2);
                seen.labels.close();
            }
        }
    }

    @Test void the_weight_of_mixup_is_of_a_beta_distribution() {
        Torch.manualSeed(1);
        double alpha = 0.5, sum = 0, squares = 0;
        int draws = 2000;
        for (int i = 0; i < draws; i++) {
            try (var scope = Scope.open()) {
                double w = MixedLabels.weight(alpha, Torch.zeros(1)).itemDouble();
                sum += w;
                squares += w * w;
            }
        }
        double mean = sum / draws, variance = squares / draws - mean * mean;
        assertThat(mean).isCloseTo(0.5, within(5 * Math.sqrt(0.125 / draws)));
        assertThat(variance).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.01)); // of Beta(α, α)
    }

    @Test void cutmix_weights_labels_by_area() {
        Torch.manualSeed(2);
        try (var scope = Scope.open()) {
            boolean cut = false;
            for (int i = 0; i < 40; i++) {
                Seen seen = mixed(new CutMix(1, N), Torch.arange(N));
                Tensor mean = seen.images.mean(new long[] {1, 2, 3}),
                        expected = seen.labels.matmul(Torch.arange(1, N + 1, 1, DType.FLOAT32));
                assertThat(mean.allClose(expected, 1e-4, 1e-4)).isTrue();
                Tensor own = Torch.arange(1, N + 1, 1, DType.FLOAT32).view(N, 1, 1);
                Tensor foreign = seen.images.select(1, 0).ne(own); // [N, H, W]
                for (int n = 0; n < N; n++) {
                    long area = foreign.select(0, n).sum().itemLong();
                    if (area == 0) continue;
                    cut = true;
                    Tensor rows = foreign.select(0, n).any(1), columns = foreign.select(0, n).any(0);
                    assertThat(area).as("a rectangle").isEqualTo(rows.sum().itemLong() * columns.sum().itemLong());
                }
                seen.labels.close();
            }
            assertThat(cut).isTrue();
        }
    }

    @Test void soft_labels_can_be_mixed_again() {
        Torch.manualSeed(3);
        try (var scope = Scope.open()) {
            Seen seen = mixed(new Mixup(0.4, N), Torch.eye(N));
            assertThat(seen.labels.sum(new long[] {1}).allClose(Torch.ones(N))).isTrue();
            seen.labels.close();
        }
    }

    @Test void senseless_options_are_refused() {
        assertThatThrownBy(() -> new Mixup(0, 3)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("alpha has to be positive, not 0.0");
        assertThatThrownBy(() -> new CutMix(1, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the number of classes has to be at least 1, not 0");
        try (var scope = Scope.open()) {
            assertThatThrownBy(
                    () -> new CutMix(1, 3).around(Task.objective()).apply(new Identity(), Torch.zeros(4, 5), Torch.zeros(DType.INT64, 4)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("[N, C, H, W]");
        }
    }
}
