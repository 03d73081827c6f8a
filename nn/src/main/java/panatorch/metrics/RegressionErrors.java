package panatorch.metrics;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The errors of predicted numbers: mean squared and absolute errors, R², explained variance and Pearson's correlation, for one output or
 * several. The state is numbers, means and centred sums of squares in float64, which are merged without loss of digits (Chan, Golub and
 * LeVeque 1983, Algorithms for computing the sample variance).
 *
 * <p>
 * The state is on the device of the first batch. For use by one thread at a time.
 */
public final class RegressionErrors extends SumMetric {
    /** The bound that torchmetrics has for the divisor of a percentage. */
    private static final double SMALLEST_TARGET = 1.17e-6;
    // Rows of the state, of predictions x, targets y and differences d = x − y. Σxx and the like are sums of centred squares.
    private static final int COUNT = 0, MEAN_X = 1, SUM_XX = 4, SUM_YY = 5, SUM_DD = 6, SUM_XY = 7, ABSOLUTE = 8, SQUARED = 9,
            RELATIVE = 10;

    /**
     * The errors of one output, or their means over several.
     *
     * @param mse mean squared error
     * @param rmse root of the mean squared error
     * @param mae mean absolute error
     * @param mape mean of |x − y|/|y|, where |y| is at least 1.17e-6
     * @param r2 coefficient of determination, {@code 1 − Σ(x − y)²/Σ(y − ȳ)²}; for equal targets 1 if there is no error, else 0; NaN for
     * one example
     * @param explainedVariance {@code 1 − Var(x − y)/Var(y)}; for equal targets 1 if all errors are equal, else 0
     * @param pearson correlation of predictions and targets; NaN if one of them does not vary
     */
    public record Errors(double mse, double rmse, double mae, double mape, double r2, double explainedVariance, double pearson) {}

    /**
     * Adds a batch.
     *
     * @param predictions numbers [N], or [N, D] of D outputs, N ≥ 1
     * @param targets numbers of the same shape
     * @throws IllegalArgumentException if the shapes are wrong, or D changes
     */
    public void update(Tensor predictions, Tensor targets) {
        Inputs.pairs(predictions, targets);
        if (predictions.dim() > 2)
            throw new IllegalArgumentException("predictions have to be [N] or [N, D], not " + Inputs.describe(predictions)
                    + "; flatten them for one output");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = column(predictions.to(DType.FLOAT64)), y = column(targets.to(x.device(), DType.FLOAT64)), d = x.sub(y);
            Tensor meanX = x.mean(0), meanY = y.mean(0), meanD = d.mean(0), count = meanX.zerosLike().add(x.size(0));
            Tensor ownX = x.sub(meanX), ownY = y.sub(meanY), relative = d.abs().div(y.abs().clampMin(SMALLEST_TARGET));
            add(Aten.stack(count, meanX, meanY, meanD, ownX.square().sum(0), ownY.square().sum(0), d.sub(meanD).square().sum(0),
                    ownX.mul(ownY).sum(0), d.abs().sum(0), d.square().sum(0), relative.sum(0)));
        }
    }

    private static Tensor column(Tensor t) { return t.dim() == 1 ? t.unsqueeze(1) : t; }

    @Override void combine(Tensor state, Tensor more) {
        Tensor count = state.select(0, COUNT).add(more.select(0, COUNT)), part = more.select(0, COUNT).div(count);
        Tensor delta = more.narrow(0, MEAN_X, 3).sub(state.narrow(0, MEAN_X, 3)), weight = state.select(0, COUNT).mul(part);
        state.narrow(0, MEAN_X, 3).add_(delta.mul(part));
        state.narrow(0, SUM_XX, RELATIVE - SUM_XX + 1).add_(more.narrow(0, SUM_XX, RELATIVE - SUM_XX + 1));
        state.narrow(0, SUM_XX, 3).add_(delta.square().mul(weight));
        state.select(0, SUM_XY).add_(delta.select(0, 0).mul(delta.select(0, 1)).mul(weight));
        state.select(0, COUNT).copy_(count);
    }

    /** Returns the errors of each output. */
    public List<Errors> outputs() {
        Tensor state = sums();
        int outputs = (int) state.size(1);
        double[] s = state.toDoubleArray();
        return IntStream.range(0, outputs).mapToObj(i -> errors(row -> s[row * outputs + i])).toList();
    }

    /** Returns the errors, as means over the outputs if there are several. */
    public Errors errors() {
        List<Errors> all = outputs();
        return new Errors(mean(all, Errors::mse), mean(all, Errors::rmse), mean(all, Errors::mae), mean(all, Errors::mape),
                mean(all, Errors::r2), mean(all, Errors::explainedVariance), mean(all, Errors::pearson));
    }

    private static double mean(List<Errors> all, ToDoubleFunction<Errors> of) {
        return all.stream().mapToDouble(of).sum() / all.size();
    }

    private static Errors errors(IntToDoubleFunction row) {
        double n = row.applyAsDouble(COUNT), yy = row.applyAsDouble(SUM_YY), mse = row.applyAsDouble(SQUARED) / n;
        double r2 = n < 2 ? Double.NaN : part(row.applyAsDouble(SQUARED), yy);
        double pearson = row.applyAsDouble(SUM_XY) / Math.sqrt(row.applyAsDouble(SUM_XX) * yy);
        return new Errors(mse, Math.sqrt(mse), row.applyAsDouble(ABSOLUTE) / n, row.applyAsDouble(RELATIVE) / n, r2,
                part(row.applyAsDouble(SUM_DD), yy), pearson);
    }

    private static double part(double unexplained, double all) {
        return all != 0 ? 1 - unexplained / all : unexplained == 0 ? 1 : 0;
    }
}
