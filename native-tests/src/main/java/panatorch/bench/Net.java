package panatorch.bench;

import java.util.Locale;
import java.util.function.Supplier;
import panatorch.DType;
import panatorch.MemoryFormat;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.models.Bert;
import panatorch.models.CifarResNet;
import panatorch.models.LeNet5;
import panatorch.models.ResNet;
import panatorch.models.VGG;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/**
 * The networks of training and inference, {@code nets.py} in Java. Their weights are the same: one seed's numbers in order of registration.
 */
enum Net {
    RESNET18(64, () -> ResNet.resnet18(ResNet.Stem.CIFAR, 10), 3, 32, 32),
    RESNET56(128, () -> new CifarResNet(56, CifarResNet.Shortcut.PROJECTION, 10), 3, 32, 32),
    VGG16(64, () -> new VGG(16, true, VGG.Head.CIFAR, 10), 3, 32, 32),
    LENET(32, () -> new LeNet5(10), 1, 28, 28),
    MLP(8, () -> new Sequential(new Flatten(), new Linear(784, 256), new ReLU(true), new Linear(256, 10)), 1, 28, 28),
    BERT(16, () -> new Bert(Bert.options(4, 256, 4).dropout(0, 0), 2), 64);

    /** The batch size of a training step. */
    final int batch;
    private final long[] shape;
    private final Supplier<Module> make;

    /**
     * Describes a network.
     *
     * @param shape the shape of an example; a single number is the number of tokens of a sentence
     */
    Net(int batch, Supplier<Module> make, long... shape) {
        this.batch = batch;
        this.make = make;
        this.shape = shape;
    }

    /** Returns whether the network reads tokens instead of pixels. */
    boolean reads() { return shape.length == 1; }

    int classes() { return reads() ? 2 : 10; }

    /** Makes the network in training mode, channels last if it reads images. */
    Module model() {
        Module model = make.get();
        SeededWeights.fill(model);
        if (!reads()) model.to(MemoryFormat.CHANNELS_LAST);
        return model;
    }

    /** Returns random examples as a dataset would give them: bytes, or tokens of BERT's vocabulary. */
    Tensor examples(int n) {
        long[] all = new long[shape.length + 1];
        all[0] = n;
        System.arraycopy(shape, 0, all, 1, shape.length);
        return Torch.randint(0, reads() ? 30522 : 256, all, reads() ? DType.INT64 : DType.UINT8);
    }

    /** Converts examples to the network's input. */
    Tensor input(Tensor examples) {
        return reads() ? examples : examples.to(DType.FLOAT32).div(255).sub(0.5).div(0.25).contiguous(MemoryFormat.CHANNELS_LAST);
    }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
}
