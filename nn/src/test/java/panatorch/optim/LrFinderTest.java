package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;

@NoTensorLeaks
class LrFinderTest {
    /** Least squares with SGD diverges at rates above 2 over the largest curvature, which is 1 for each weight and the bias here. */
    private static double step(Linear model, Optimizer optimizer) {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[][] {{1, 0}, {-1, 0}, {0, 1}, {0, -1}}).mul(Math.sqrt(2));
            Tensor loss = model.forward(x).sub(x.sum(1L).unsqueeze(1)).pow(2).mean().div(2);
            optimizer.zeroGrad();
            loss.backward();
            optimizer.step();
            return loss.itemDouble();
        }
    }

    @Test void it_suggests_a_rate_that_learns_and_stops_where_the_loss_rises() {
        Torch.manualSeed(1);
        try (var model = new Linear(2, 1); var sgd = new SGD(model.parameters(), SGD.options(0.1))) {
            LrFinder.Result result =
                    LrFinder.run(model, sgd, () -> step(model, sgd), LrFinder.options().range(1e-5, 1000).steps(80).smoothing(0.5));
            assertThat(result.suggestion()).isBetween(0.01, 2.0);
            assertThat(result.points().getLast().lr()).isGreaterThan(2).isLessThan(1000);
        }
    }

    @Test void model_and_optimiser_are_as_before() {
        Torch.manualSeed(1);
        try (var scope = Scope.open(); var model = new Linear(2, 1);
                var sgd = new SGD(model.parameters(), SGD.options(0.1).momentum(0.9))) {
            step(model, sgd);
            Tensor weight = model.namedParameters().get("weight").detach().clone(), momentum = momentum(sgd).clone();
            LrFinder.run(model, sgd, () -> step(model, sgd), LrFinder.options());
            assertThat(model.namedParameters().get("weight").torchEquals(weight)).isTrue();
            assertThat(momentum(sgd).torchEquals(momentum)).isTrue();
            assertThat(sgd.learningRate()).isEqualTo(0.1);
        }
    }

    private static Tensor momentum(Optimizer optimizer) {
        return (Tensor) ((java.util.Map<?, ?>) ((java.util.Map<?, ?>) optimizer.stateDict().get("state")).get(0L)).get("momentum_buffer");
    }

    @Test void impossible_ranges_and_losses_are_refused() {
        try (var model = new Linear(2, 1); var sgd = new SGD(model.parameters(), SGD.options(0.1))) {
            assertThatThrownBy(() -> LrFinder.options().range(1, 0.1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> LrFinder.run(model, sgd, () -> Double.NaN, LrFinder.options()))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(sgd.learningRate()).isEqualTo(0.1);
        }
    }
}
