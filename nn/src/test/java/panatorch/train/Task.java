package panatorch.train;

import panatorch.Tensor;
import panatorch.Torch;
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

/** Three classes of 2×4×4 images that noise hides a little, and a small network with everything that makes resuming hard. */
final class Task implements AutoCloseable {
    static final int CLASSES = 3, SIZE = 50, BATCH = 8;

    final Tensor images, labels;

    Task() {
        Torch.manualSeed(7);
        labels = Torch.randint(CLASSES, new long[] {SIZE}).escape();
        Tensor noise = Torch.randn(SIZE, 2, 4, 4), prototypes = Torch.randn(CLASSES, 2, 4, 4), chosen = prototypes.indexSelect(0, labels);
        images = chosen.add(noise).escape();
        noise.close();
        prototypes.close();
        chosen.close();
    }

    Batches train() { return Batches.shuffled(images, labels, BATCH, 1); }

    Batches test() { return Batches.of(images, labels, 16); }

    static Module model() {
        Torch.manualSeed(3);
        return new Sequential(new Conv2d(2, 4, 3), new BatchNorm2d(4), new ReLU(), new Flatten(), new Dropout(0.3), new Linear(16, CLASSES));
    }

    static Optimizer optimizer(Module model) { return new SGD(model.parameters(), SGD.options(0.05).momentum(0.9)); }

    static Objective objective() { return Objective.of(CrossEntropy::crossEntropy); }

    @Override public void close() {
        images.close();
        labels.close();
    }
}
