package panatorch.cuda.bench;

import java.util.Locale;
import java.util.function.Supplier;
import panatorch.models.Bert;
import panatorch.models.ResNet;
import panatorch.models.VGG;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/** The networks that are trained; {@code steps.py} has the same. None uses dropout, so that the losses of both sides can be compared. */
enum Net {
    RESNET18(128, 10, () -> ResNet.resnet18(ResNet.Stem.CIFAR, 10), 3, 32, 32),
    RESNET50(128, 10, () -> ResNet.resnet50(ResNet.Stem.CIFAR, 10), 3, 32, 32),
    VGG16(128, 10, () -> new VGG(16, true, VGG.Head.CIFAR, 10), 3, 32, 32),
    BERT(32, 2, () -> new Bert(Bert.options(4, 256, 4).dropout(0, 0), 2), 64),
    MLP(64, 10, () -> new Sequential(new Flatten(), new Linear(784, 256), new ReLU(true), new Linear(256, 10)), 1, 28, 28);

    final int batch, classes;
    /** The shape of an example; a single number is the number of tokens of a sentence. */
    final long[] shape;
    final Supplier<Module> make;

    Net(int batch, int classes, Supplier<Module> make, long... shape) {
        this.batch = batch;
        this.classes = classes;
        this.make = make;
        this.shape = shape;
    }

    boolean reads() { return shape.length == 1; }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
}
