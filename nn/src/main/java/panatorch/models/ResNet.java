package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Identity;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.init.Init;

/**
 * ResNet-18 and -34 of He et al. 2015, arXiv:1512.03385, §4.1, with torchvision's state-dict keys and initialisation (He et al. 2015,
 * arXiv:1502.01852, normal by fan-out for convolutions).
 */
public final class ResNet extends Classifier {
    /** What comes before the stages. */
    public enum Stem {
        /** 7×7 convolution with stride 2 and 3×3 max pooling with stride 2, for images of 224×224. */
        IMAGENET,
        /** 3×3 convolution with stride 1, for images of 32×32. */
        CIFAR
    }

    private final Conv2d conv1;
    private final BatchNorm2d bn1;
    private final Module maxpool;
    private final Sequential[] layers = new Sequential[4];
    private final Linear fc;

    public static ResNet resnet18(Stem stem, int classes) { return new ResNet(stem, classes, 2, 2, 2, 2); }

    public static ResNet resnet34(Stem stem, int classes) { return new ResNet(stem, classes, 3, 4, 6, 3); }

    private ResNet(Stem stem, int classes, int... blocks) {
        boolean large = stem == Stem.IMAGENET;
        conv1 = child("conv1", new Conv2d(Conv2d.options(3, 64, large ? 7 : 3).stride(large ? 2 : 1).padding(large ? 3 : 1).bias(false)));
        bn1 = child("bn1", new BatchNorm2d(64));
        maxpool = child("maxpool", large ? new MaxPool2d(3, 2, 1, false) : new Identity());
        for (int i = 0; i < 4; i++) {
            long out = 64L << i;
            layers[i] = child("layer" + (i + 1), stage(i == 0 ? 64 : out / 2, out, i == 0 ? 1 : 2, blocks[i]));
        }
        fc = child("fc", new Linear(512, classes));
        for (Module m : modules()) if (m instanceof Conv2d c) Init.kaimingNormalFanOut_(c.weight());
    }

    private static Sequential stage(long in, long out, long stride, int blocks) {
        var modules = new Module[blocks];
        for (int i = 0; i < blocks; i++) modules[i] = i == 0 ? new Block(in, out, stride) : new Block(out, out, 1);
        return new Sequential(modules);
    }

    @Override public Tensor features(Tensor images) {
        Tensor x = maxpool.forward(bn1.forward(conv1.forward(images)).relu());
        for (Sequential layer : layers) x = layer.forward(x);
        return x.mean(new long[] {2, 3}, false);
    }

    @Override public Linear head() { return fc; }

    private static final class Block extends Module {
        private final Conv2d conv1, conv2;
        private final BatchNorm2d bn1, bn2;
        private final Module downsample;

        Block(long in, long out, long stride) {
            conv1 = child("conv1", new Conv2d(Conv2d.options(in, out, 3).stride(stride).padding(1).bias(false)));
            bn1 = child("bn1", new BatchNorm2d(out));
            conv2 = child("conv2", new Conv2d(Conv2d.options(out, out, 3).padding(1).bias(false)));
            bn2 = child("bn2", new BatchNorm2d(out));
            downsample = child("downsample", in == out && stride == 1 ? new Identity()
                    : new Sequential(new Conv2d(Conv2d.options(in, out, 1).stride(stride).bias(false)), new BatchNorm2d(out)));
        }

        @Override public Tensor forward(Tensor input) {
            Tensor x = bn1.forward(conv1.forward(input)).relu();
            return bn2.forward(conv2.forward(x)).add_(downsample.forward(input)).relu_();
        }
    }
}
