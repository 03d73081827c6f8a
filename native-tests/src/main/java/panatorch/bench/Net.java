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

/** The networks that are trained and asked, {@code nets.py} in Java: the same weights, numbers of one seed in the order of registration. */
enum Net {
    RESNET18(64, () -> ResNet.resnet18(ResNet.Stem.CIFAR, 10), 3, 32, 32),
    RESNET56(128, () -> new CifarResNet(56, CifarResNet.Shortcut.PROJECTION, 10), 3, 32, 32),
    VGG16(64, () -> new VGG(16, true, VGG.Head.CIFAR, 10), 3, 32, 32),
    LENET(32, () -> new LeNet5(10), 1, 28, 28),
    MLP(8, () -> new Sequential(new Flatten(), new Linear(784, 256), new ReLU(true), new Linear(256, 10)), 1, 28, 28),
    BERT(16, () -> new Bert(Bert.options(4, 256, 4).dropout(0, 0), 2), 64);

    /** Of a training step. */
    final int batch;
    private final long[] shape;
    private final Supplier<Module> make;

    /** @param shape of an example; of one number the tokens of a sentence */
    Net(int batch, Supplier<Module> make, long... shape) {
        this.batch = batch;
        this.make = make;
        this.shape = shape;
    }

    /** Tokens, and not pixels. */
    boolean reads() { return shape.length == 1; }

    int classes() { return reads() ? 2 : 10; }

    /** In training mode; a network of images channels last. */
    Module model() {
        Module model = make.get();
        SeededWeights.fill(model);
        if (!reads()) model.to(MemoryFormat.CHANNELS_LAST);
        return model;
    }

    /** Random examples as they come from a data set: bytes, or tokens of BERT's vocabulary. */
    Tensor examples(int n) {
        long[] all = new long[shape.length + 1];
        all[0] = n;
        System.arraycopy(shape, 0, all, 1, shape.length);
        return Torch.randint(0, reads() ? 30522 : 256, all, reads() ? DType.INT64 : DType.UINT8);
    }

    /** What the network is given. */
    Tensor input(Tensor examples) {
        return reads() ? examples : examples.to(DType.FLOAT32).div(255).sub(0.5).div(0.25).contiguous(MemoryFormat.CHANNELS_LAST);
    }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
}
