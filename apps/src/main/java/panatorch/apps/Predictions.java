package panatorch.apps;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.models.Classifier;
import panatorch.nn.dropout.montecarlo.MonteCarlo;
import panatorch.train.Objective;

/**
 * What a network says of each image of a set. Owns its tensors, which are on the CPU.
 *
 * @param tally loss and accuracy, as training tests them
 * @param logits [N, C] float32, in Monte-Carlo prediction the logarithm of the mean probabilities; @param labels [N]
 * @param information [N], the mutual information of Monte-Carlo prediction in nats; null without
 */
record Predictions(Tally tally, Tensor logits, Tensor labels, @Nullable Tensor information) implements AutoCloseable {
    /** Tells a network's logits of a batch, and in Monte-Carlo prediction how unsure they are. */
    @FunctionalInterface
    interface Predictor {
        /** @param information [N] or null */
        record Said(Tensor logits, @Nullable Tensor information) {}

        Said of(Classifier model, Tensor images);
    }

    /** The network as it is evaluated. */
    static final Predictor PLAIN = (model, images) -> new Predictor.Said(model.call(images), null);

    /**
     * The mean of {@code samples} predictions with dropout on: that of the network's own layers and, with {@code p}, of the features in front of the head.
     * Where only the head is random, the trunk runs once.
     *
     * @throws InputException if nothing in the network is random
     */
    static Predictor monteCarlo(Classifier model, int samples, double p) {
        Classifier random = DroppingHead.random(model, p, "--mc");
        boolean trunk = random.drawsInTrunk();
        return (m, images) -> {
            var said = MonteCarlo.predict(trunk ? random : random.head(), trunk ? images : random.features(images), samples);
            return new Predictor.Said(said.logMean(), said.mutualInformation());
        };
    }

    static Predictions of(Classifier model, Predictor predictor, Batches test, int images, Precision precision, Device device, Progress progress, Runnable interruption) {
        var logits = new ArrayList<Tensor>();
        var labels = new ArrayList<Tensor>();
        var information = new ArrayList<Tensor>();
        Objective objective = (m, input, target) -> {
            Predictor.Said said = predictor.of((Classifier) m, input);
            logits.add(copy(said.logits(), DType.FLOAT32));
            labels.add(copy(target, DType.INT64));
            if (said.information() != null) information.add(copy(said.information(), DType.FLOAT32));
            return new Objective.Result(panatorch.nn.functional.CrossEntropy.crossEntropy(said.logits(), target), said.logits());
        };
        try (var scope = Scope.open()) {
            Tally tally = Testing.run(model, test, images, objective, precision, device, progress, interruption);
            return new Predictions(tally, Aten.cat(logits).escape(), Aten.cat(labels).escape(), information.isEmpty() ? null : Aten.cat(information).escape());
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
