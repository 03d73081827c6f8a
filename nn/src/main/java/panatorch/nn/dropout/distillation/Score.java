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
 * The quality of a predictor on labelled batches.
 *
 * @param nll mean negative log-likelihood of the labels, in nats
 * @param error fraction of rows whose most probable class is not their label, in [0, 1]
 * @param rows number of rows
 */
public record Score(double nll, double error, long rows) {
    /**
     * Scores a predictor.
     *
     * @param test batches with labels int64 [N]
     * @param device device of the predictor
     */
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

    /** Returns the mean of KL(reference‖predictor) over all rows, in nats. Labels are not read. */
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
