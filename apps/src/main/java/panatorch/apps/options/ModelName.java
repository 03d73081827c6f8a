package panatorch.apps.options;

import java.util.function.IntFunction;
import panatorch.MemoryFormat;
import panatorch.models.AllConv;
import panatorch.models.Bert;
import panatorch.models.CifarResNet;
import panatorch.models.Classifier;
import panatorch.models.CudaConvnetQuick;
import panatorch.models.LeNet5;
import panatorch.models.NiN;
import panatorch.models.ResNet;
import panatorch.models.ResNet.Stem;
import panatorch.models.VGG;

/**
 * {@code --model}: the networks. They take colour images of 32×32, except LeNet-5 (grey, 28×28) and {@code bert-tiny} (texts). Those named
 * {@code -dropout} have dropout behind every layer, and the same weights.
 */
public enum ModelName {
    RESNET20(classes -> new CifarResNet(20, CifarResNet.Shortcut.PAD, classes)),
    RESNET32(classes -> new CifarResNet(32, CifarResNet.Shortcut.PAD, classes)),
    RESNET44(classes -> new CifarResNet(44, CifarResNet.Shortcut.PAD, classes)),
    RESNET56(classes -> new CifarResNet(56, CifarResNet.Shortcut.PAD, classes)),
    RESNET110(classes -> new CifarResNet(110, CifarResNet.Shortcut.PAD, classes)),
    RESNET18(classes -> ResNet.resnet18(Stem.CIFAR, classes)),
    RESNET34(classes -> ResNet.resnet34(Stem.CIFAR, classes)),
    RESNET50(classes -> ResNet.resnet50(Stem.CIFAR, classes)),
    RESNET101(classes -> ResNet.resnet101(Stem.CIFAR, classes)),
    RESNET152(classes -> ResNet.resnet152(Stem.CIFAR, classes)),
    WIDE_RESNET50_2(classes -> ResNet.wideResnet50x2(Stem.CIFAR, classes)),
    WIDE_RESNET101_2(classes -> ResNet.wideResnet101x2(Stem.CIFAR, classes)),
    RESNEXT50_32X4D(classes -> ResNet.resnext50x32x4d(Stem.CIFAR, classes)),
    RESNEXT101_32X8D(classes -> ResNet.resnext101x32x8d(Stem.CIFAR, classes)),
    VGG11(classes -> new VGG(11, false, VGG.Head.CIFAR, classes)),
    VGG13(classes -> new VGG(13, false, VGG.Head.CIFAR, classes)),
    VGG16(classes -> new VGG(16, false, VGG.Head.CIFAR, classes)),
    VGG19(classes -> new VGG(19, false, VGG.Head.CIFAR, classes)),
    VGG11_BN(classes -> new VGG(11, true, VGG.Head.CIFAR, classes)),
    VGG13_BN(classes -> new VGG(13, true, VGG.Head.CIFAR, classes)),
    VGG16_BN(classes -> new VGG(16, true, VGG.Head.CIFAR, classes)),
    VGG19_BN(classes -> new VGG(19, true, VGG.Head.CIFAR, classes)),
    CUDA_CONVNET_QUICK(CudaConvnetQuick::new),
    NIN(NiN::new),
    ALLCONV(AllConv::new),
    LENET5(LeNet5::new),
    CUDA_CONVNET_QUICK_DROPOUT(classes -> new CudaConvnetQuick(CudaConvnetQuick.options(classes).dropout(0.5))),
    LENET5_DROPOUT(0.02, classes -> new LeNet5(LeNet5.options(classes).dropout(LeNet5.Dropouts.ALL, 0.5))),
    BERT_TINY(classes -> new Bert(Bert.options(2, 128, 2).vocabulary(Sst2.WORDS).positions(Sst2.LENGTH), classes));

    /**
     * The order of images and convolution weights in memory: a fifth faster on a CPU for small images, and faster on a GPU with tensor
     * cores.
     */
    public static final MemoryFormat FORMAT = MemoryFormat.CHANNELS_LAST;

    /** Highest learning rate of sgd by default; lower where a measurement showed that the usual one is too high. */
    public final double sgdRate;

    private final IntFunction<Classifier> make;

    ModelName(IntFunction<Classifier> make) { this(OptimizerName.SGD.lr, make); }

    ModelName(double sgdRate, IntFunction<Classifier> make) {
        this.sgdRate = sgdRate;
        this.make = make;
    }

    /** Returns the highest learning rate by default. */
    double rate(OptimizerName optimizer) {
        return optimizer == OptimizerName.SGD ? sgdRate : optimizer.lr;
    }

    /** Returns whether the network has dropout layers, which {@code --dropout gyro} replaces. */
    boolean drops() {
        return this == ALLCONV || this == NIN || this == LENET5_DROPOUT || this == CUDA_CONVNET_QUICK_DROPOUT || this == BERT_TINY;
    }

    public boolean readsTexts() { return this == BERT_TINY; }

    /** Returns the number of input channels: 1 for grey images, 3 for colour. */
    public int channels() { return lenet() ? 1 : 3; }

    /** Returns the side of the smallest input, in pixels. */
    public int side() { return lenet() ? 28 : 32; }

    /** Returns whether the network takes inputs of exactly {@link #side()}, because its head has a fixed size. */
    boolean exactSide() {
        return lenet() || this == CUDA_CONVNET_QUICK || this == CUDA_CONVNET_QUICK_DROPOUT;
    }

    private boolean lenet() { return this == LENET5 || this == LENET5_DROPOUT; }

    /** Creates a network with random weights; the caller closes it. */
    public Classifier create(int classes) { return make.apply(classes); }

    @Override public String toString() { return Names.of(this); }
}
