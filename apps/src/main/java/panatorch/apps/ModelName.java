package panatorch.apps;

import java.util.function.IntFunction;
import panatorch.models.CifarResNet;
import panatorch.models.Classifier;
import panatorch.models.CudaConvnetQuick;
import panatorch.models.ResNet;
import panatorch.models.VGG;

/** {@code --model}: networks for images of 32×32. */
enum ModelName {
    RESNET20(classes -> new CifarResNet(20, CifarResNet.Shortcut.PAD, classes)),
    RESNET32(classes -> new CifarResNet(32, CifarResNet.Shortcut.PAD, classes)),
    RESNET44(classes -> new CifarResNet(44, CifarResNet.Shortcut.PAD, classes)),
    RESNET56(classes -> new CifarResNet(56, CifarResNet.Shortcut.PAD, classes)),
    RESNET110(classes -> new CifarResNet(110, CifarResNet.Shortcut.PAD, classes)),
    RESNET18(classes -> ResNet.resnet18(ResNet.Stem.CIFAR, classes)),
    RESNET34(classes -> ResNet.resnet34(ResNet.Stem.CIFAR, classes)),
    RESNET50(classes -> ResNet.resnet50(ResNet.Stem.CIFAR, classes)),
    VGG11_BN(classes -> new VGG(11, true, VGG.Head.CIFAR, classes)),
    VGG13_BN(classes -> new VGG(13, true, VGG.Head.CIFAR, classes)),
    VGG16_BN(classes -> new VGG(16, true, VGG.Head.CIFAR, classes)),
    VGG19_BN(classes -> new VGG(19, true, VGG.Head.CIFAR, classes)),
    CUDA_CONVNET_QUICK(CudaConvnetQuick::new);

    private final IntFunction<Classifier> make;

    ModelName(IntFunction<Classifier> make) { this.make = make; }

    /** A new network with random weights, which the caller closes. */
    Classifier create(int classes) { return make.apply(classes); }

    @Override public String toString() { return Names.of(this); }
}
