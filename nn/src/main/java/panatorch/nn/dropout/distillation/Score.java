package panatorch.nn.dropout.distillation;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.metrics.Accuracy;
import panatorch.nn.functional.Reduction;

/**
 * How good a predictor is on labelled batches.
 *
 * @param nll the mean negative log-likelihood of the labels, in nats
 * @param error the part of rows whose most probable class is not their label, in [0, 1]
 */
public record Score(double nll, double error, long rows) {
    /** @param device where the predictor computes; @param test with labels int64 [N] */
    public static Score of(Predictor predictor, Batches test, Device device) {
        try (var outer = Scope.open(); var noGrad = NoGrad.enter(); var epoch = test.epoch(1, 0)) {
            Tensor nll = Torch.zeros(DType.FLOAT64, device), wrong = Torch.zeros(DType.FLOAT64, device);
            long rows = 0;
            while (epoch.hasNext()) {
                try (var batch = epoch.next(); var scope = Scope.open()) {
                    if (batch.target() == null) throw new IllegalArgumentException("a score needs labels, and the batch has none");
                    Tensor log = predictor.logProbabilities(batch.input().to(device)), labels = batch.target().to(device);
                    nll.add_(Aten.nllLoss(log, labels, null, Reduction.SUM.ordinal()));
                    wrong.add_(Accuracy.correct(log, labels, 1).logicalNot().sum());
                    rows += log.size(0);
                }
            }
            return new Score(nll.itemDouble() / rows, wrong.itemDouble() / rows, rows);
        }
    }

    /** The mean of KL(reference‖predictor) over all rows, in nats; labels are not read. */
    public static double divergence(Predictor reference, Predictor predictor, Batches inputs, Device device) {
        try (var outer = Scope.open(); var noGrad = NoGrad.enter(); var epoch = inputs.epoch(1, 0)) {
            Tensor sum = Torch.zeros(DType.FLOAT64, device);
            long rows = 0;
            while (epoch.hasNext()) {
                try (var batch = epoch.next(); var scope = Scope.open()) {
                    Tensor x = batch.input().to(device);
                    sum.add_(Aten.klDiv(predictor.logProbabilities(x), reference.logProbabilities(x), Reduction.SUM.ordinal(), true));
                    rows += x.size(0);
                }
            }
            return sum.itemDouble() / rows;
        }
    }
}
