package panatorch.apps.measures;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.apps.console.InputException;
import panatorch.data.Batches;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.nn.dropout.montecarlo.MonteCarlo;
import panatorch.train.Objective;

/**
 * Predictions for all items of a test set. Owns its tensors, which are on the CPU.
 *
 * @param score loss and accuracy, computed as in training
 * @param logits float32 {@code [N, C]}; for Monte-Carlo prediction the logarithm of the mean probabilities
 * @param labels the true classes, int64 {@code [N]}
 * @param information mutual information of Monte-Carlo prediction in nats, {@code [N]}; null otherwise
 */
public record Predictions(RunningScore score, Tensor logits, Tensor labels, @Nullable Tensor information) implements AutoCloseable {
    /** Computes the logits of a batch and, for Monte-Carlo prediction, their uncertainty. */
    @FunctionalInterface
    public interface Predictor {
        /**
         * Output for one batch.
         *
         * @param logits {@code [N, C]}
         * @param information mutual information {@code [N]}, or null
         */
        record Output(Tensor logits, @Nullable Tensor information) {}

        Output of(Module model, Tensor images);
    }

    /** Predicts with the network in evaluation mode. */
    public static final Predictor PLAIN = (model, images) -> new Predictor.Output(model.call(images), null);

    /**
     * Predicts the mean of {@code samples} passes with dropout on: the dropout of the network's own layers and, with {@code p}, of the
     * features in front of the head. If only the head is random, the trunk runs once.
     *
     * @param model the network
     * @param samples number of passes
     * @param p probability of the dropout in front of the head; 0 for none
     * @throws InputException if nothing in the network is random
     */
    public static Predictor monteCarlo(Classifier model, int samples, double p) {
        Classifier random = HeadDropout.random(model, p, "--mc");
        boolean trunk = random.drawsInTrunk();
        return (m, images) -> {
            var output = MonteCarlo.predict(trunk ? random : random.head(), trunk ? images : random.features(images), samples);
            return new Predictor.Output(output.logMean(), output.mutualInformation());
        };
    }

    public static Predictions of(Module model, Predictor predictor, Batches test, Precision precision, Device device, Progress progress,
            Runnable interruption) {
        var logits = new ArrayList<Tensor>();
        var labels = new ArrayList<Tensor>();
        var information = new ArrayList<Tensor>();
        Objective objective = (m, input, given) -> {
            Tensor target = Objects.requireNonNull(given, "the items of a test set have labels");
            Predictor.Output output = predictor.of(m, input);
            logits.add(copy(output.logits(), DType.FLOAT32));
            labels.add(copy(target, DType.INT64));
            if (output.information() != null) information.add(copy(output.information(), DType.FLOAT32));
            return new Objective.Result(panatorch.nn.functional.CrossEntropy.crossEntropy(output.logits(), target), output.logits());
        };
        try (var scope = Scope.open()) {
            RunningScore score = TestLoop.run(model, test, objective, precision, device, progress, interruption);
            return new Predictions(score, Aten.cat(logits).escape(), Aten.cat(labels).escape(),
                    information.isEmpty() ? null : Aten.cat(information).escape());
        } finally {
            for (List<Tensor> parts : List.of(logits, labels, information)) parts.forEach(Tensor::close);
        }
    }

    private static Tensor copy(Tensor t, DType dtype) { return t.detach().to(Device.CPU, dtype, false, true).escape(); }

    @Override public void close() {
        logits.close();
        labels.close();
        if (information != null) information.close();
    }
}
