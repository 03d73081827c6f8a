package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.metrics.ThresholdCurves;
import panatorch.nn.Linear;
import panatorch.nn.functional.CrossEntropy;

@NoTensorLeaks
class EvaluationTest {
    @Test void outputs_and_targets_of_all_batches_reach_a_metric_that_is_no_mean_over_rows() {
        Torch.manualSeed(1);
        try (var scope = Scope.open(); var net = new Linear(3, 2); var curves = new ThresholdCurves(2);
                var whole = new ThresholdCurves(2)) {
            Tensor x = Torch.rand(10, 3), y = Torch.tensor(new long[] {0, 1, 0, 1, 1, 0, 0, 1, 0, 1});
            var evaluation = new Evaluation(Objective.of(CrossEntropy::crossEntropy), List.of(), Placement.DEFAULT);
            net.train();
            evaluation.each(net, Batches.of(x, y, 4), curves::update);
            assertThat(net.isTraining()).isTrue();
            whole.update(net.call(x), y);
            assertThat(curves.auroc(1)).isEqualTo(whole.auroc(1));
            assertThat(curves.roc(1)).hasSize(11);
        }
    }
}
