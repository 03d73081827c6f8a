package panatorch.apps;

import java.util.function.IntFunction;
import panatorch.models.CifarResNet;
import panatorch.models.Classifier;
import panatorch.models.ResNet;

/** {@code --model}: networks for images of 32×32. */
enum ModelName {
    RESNET20(classes -> new CifarResNet(20, CifarResNet.Shortcut.PAD, classes)),
    RESNET32(classes -> new CifarResNet(32, CifarResNet.Shortcut.PAD, classes)),
    RESNET44(classes -> new CifarResNet(44, CifarResNet.Shortcut.PAD, classes)),
    RESNET56(classes -> new CifarResNet(56, CifarResNet.Shortcut.PAD, classes)),
    RESNET18(classes -> ResNet.resnet18(ResNet.Stem.CIFAR, classes));

    private final IntFunction<Classifier> make;

    ModelName(IntFunction<Classifier> make) { this.make = make; }

    /** A new network with random weights, which the caller closes. */
    Classifier create(int classes) { return make.apply(classes); }

    @Override public String toString() { return Names.of(this); }
}
