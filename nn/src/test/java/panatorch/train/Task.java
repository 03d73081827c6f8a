package panatorch.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;

/**
 * Three classes of 2×4×4 images that noise hides a little, a small network with everything that makes resuming hard, and how to look at its
 * bits.
 */
public final class Task implements AutoCloseable {
    public static final int CLASSES = 3, SIZE = 50, BATCH = 8;

    public final Tensor images, labels;

    public Task() {
        Torch.manualSeed(7);
        labels = Torch.randint(CLASSES, new long[] {SIZE}).escape();
        try (var scope = Scope.open()) {
            Tensor noise = Torch.randn(SIZE, 2, 4, 4), prototypes = Torch.randn(CLASSES, 2, 4, 4);
            images = prototypes.indexSelect(0, labels).add(noise, 0.7).escape();
        }
    }

    public Batches train() { return Batches.shuffled(images, labels, BATCH, 1); }

    public Batches test() { return Batches.of(images, labels, 16); }

    static Module model() {
        Torch.manualSeed(3);
        return new Sequential(new Conv2d(2, 4, 3), new BatchNorm2d(4), new ReLU(), new Flatten(), new Dropout(0.3),
                new Linear(16, CLASSES));
    }

    static Optimizer optimizer(Module model) { return new SGD(model.parameters(), SGD.options(0.05).momentum(0.9)); }

    static Objective objective() { return Objective.of(CrossEntropy::crossEntropy); }

    /** A model's state as numbers that are equal where all bits are. */
    public static Map<String, List<Double>> values(Module model) {
        var values = new LinkedHashMap<String, List<Double>>();
        try (var scope = Scope.open()) {
            model.stateDict().forEach((name, t) -> values.put(name, Arrays.stream(t.to(DType.FLOAT64).toDoubleArray()).boxed().toList()));
        }
        return values;
    }

    @Override public void close() {
        images.close();
        labels.close();
    }
}
