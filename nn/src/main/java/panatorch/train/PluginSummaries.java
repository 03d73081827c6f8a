package panatorch.train;

import java.util.List;
import java.util.Map;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/** The messages of TensorBoard's plug-ins for hyper-parameters and precision–recall curves. */
final class PluginSummaries {
    private static final int FLOAT = 1, STRING_TYPE = 1, BOOL_TYPE = 2, NUMBER_TYPE = 3, SUCCESS = 1;
    private static final double LEAST_COUNT = 1e-7; // PyTorch's, against a division by zero

    private PluginSummaries() {}

    private static Message metadata(String plugin, Message content) {
        return new Message().message(1, new Message().text(1, plugin).message(2, content));
    }

    /** Describes the parameters and metrics of an experiment, of which one run is a session. */
    static Message experiment(Map<String, ?> parameters, Map<String, Double> metrics) {
        var experiment = new Message();
        parameters.forEach((name, value) -> experiment.message(4, new Message().text(1, name).integer(4, switch (value) {
            case Boolean _ -> BOOL_TYPE;
            case Number _ -> NUMBER_TYPE;
            case String _ -> STRING_TYPE;
            default -> throw new IllegalArgumentException("hyper-parameter " + name + " is a " + value.getClass().getSimpleName()
                    + "; it must be a number, a truth value or a string");
        })));
        metrics.keySet().forEach(name -> experiment.message(5, new Message().message(1, new Message().text(2, name))));
        return value("_hparams_/experiment", metadata("hparams", new Message().message(2, experiment)));
    }

    static Message sessionStart(Map<String, ?> parameters) {
        var start = new Message();
        parameters.forEach((name, value) -> start.message(1, new Message().text(1, name).message(2, switch (value) {
            case Boolean b -> new Message().integer(4, b ? 1 : 0);
            case Number n -> new Message().real(2, n.doubleValue());
            default -> new Message().text(3, value.toString());
        })));
        return value("_hparams_/session_start_info", metadata("hparams", new Message().message(3, start)));
    }

    static Message sessionEnd() {
        return value("_hparams_/session_end_info",
                metadata("hparams", new Message().message(4, new Message().integer(1, SUCCESS))));
    }

    private static Message value(String tag, Message metadata) { return new Message().text(1, tag).message(9, metadata); }

    /** Returns the six rows of a curve: true and false positives, true and false negatives, precision, recall at each threshold. */
    static Message curve(String tag, Tensor labels, Tensor predictions, int thresholds) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor truth = labels.flatten().cpu().to(DType.FLOAT64), p = predictions.flatten().cpu().to(DType.FLOAT64);
            if (truth.numel() != p.numel())
                throw new IllegalArgumentException("there are " + truth.numel() + " labels, but " + p.numel() + " predictions");
            if (p.numel() > 0 && (p.amin().itemDouble() < 0 || p.amax().itemDouble() > 1))
                throw new IllegalArgumentException("predictions must be probabilities in [0, 1]");
            Tensor bucket = p.mul(thresholds - 1).floor().to(DType.INT64);
            Tensor tp = atLeast(Aten.bincount(bucket, truth, thresholds)), fp = atLeast(Aten.bincount(bucket, truth.rsub(1), thresholds));
            Tensor tn = fp.get(0).sub(fp), fn = tp.get(0).sub(tp);
            Tensor precision = tp.div(tp.add(fp).clampMin(LEAST_COUNT)), recall = tp.div(tp.add(fn).clampMin(LEAST_COUNT));
            float[] numbers = Aten.cat(List.of(tp, fp, tn, fn, precision, recall), 0).to(DType.FLOAT32).toFloatArray();
            var shape = new Message().message(2, new Message().integer(1, 6)).message(2, new Message().integer(1, thresholds));
            var tensor = new Message().integer(1, FLOAT).message(2, shape);
            for (float number : numbers) tensor.real(5, number);
            return new Message().text(1, tag).message(9, metadata("pr_curves", new Message().integer(2, thresholds))).message(8, tensor);
        }
    }

    /** Returns for each threshold the sum from its bucket on. */
    private static Tensor atLeast(Tensor counts) {
        return counts.flip(0).cumsum(0).flip(0);
    }
}
