package panatorch.models;

import java.util.ArrayList;
import java.util.List;
import panatorch.Tensor;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Identity;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.init.Init;

/**
 * ResNets of four stages: [N, 3, H, W] → [N, classes], with torchvision's children, state-dict keys and initialisation (normal by fan-out
 * for convolutions, He et al., 2015, arXiv:1502.01852). ResNet: He et al., 2015, arXiv:1512.03385, §4.1, with the stride in a bottleneck's
 * 3×3 convolution, as in torchvision. Wide ResNet: Zagoruyko and Komodakis 2016, arXiv:1605.07146. ResNeXt: Xie et al., 2016,
 * arXiv:1611.05431.
 */
public final class ResNet extends Classifier {
    /** The layers before the stages. */
    public enum Stem {
        /** 7×7 convolution with stride 2 and 3×3 max pooling with stride 2, for images of 224×224. */
        IMAGENET,
        /** 3×3 convolution with stride 1, for images of 32×32. */
        CIFAR
    }

    private enum Block {
        /** A block of two 3×3 convolutions. */
        BASIC(1),
        /** A block of three convolutions: 1×1, 3×3 with fewer channels, 1×1. */
        BOTTLENECK(4);

        final int expansion;

        Block(int expansion) { this.expansion = expansion; }
    }

    /**
     * The sizes of a network.
     *
     * @param width channels of one group of a bottleneck's 3×3 convolution in the first stage; 64 unless the network is wide or grouped
     */
    private record Shape(Block block, int groups, int width, int... blocks) {
        ResidualBlock make(long in, long planes, long stride) {
            long out = planes * block.expansion, inner = planes * width / 64 * groups;
            Conv2d.Options[] options =
                    block == Block.BASIC ? new Conv2d.Options[] {ResidualBlock.conv3x3(in, out, stride), ResidualBlock.conv3x3(out, out, 1)}
                            : new Conv2d.Options[] {ResidualBlock.conv1x1(in, inner, 1),
                                ResidualBlock.conv3x3(inner, inner, stride).groups(groups), ResidualBlock.conv1x1(inner, out, 1)};
            return new ResidualBlock("downsample",
                    () -> in == out && stride == 1 ? null : ResidualBlock.projection(in, out, stride), options);
        }

        Sequential stage(int i, long in) {
            long planes = 64L << i;
            var modules = new Module[blocks[i]];
            for (int b = 0; b < modules.length; b++)
                modules[b] = b == 0 ? make(in, planes, i == 0 ? 1 : 2) : make(planes * block.expansion, planes, 1);
            return new Sequential(modules);
        }
    }

    private static final Shape DEPTH_50 = new Shape(Block.BOTTLENECK, 1, 64, 3, 4, 6, 3),
            DEPTH_101 = new Shape(Block.BOTTLENECK, 1, 64, 3, 4, 23, 3);

    private final Stem stem;
    private final int classes;
    private final Shape shape;
    private final List<Module> trunk = new ArrayList<>();
    private Module fc;

    public static ResNet resnet18(Stem stem, int classes) { return new ResNet(stem, classes, new Shape(Block.BASIC, 1, 64, 2, 2, 2, 2)); }

    public static ResNet resnet34(Stem stem, int classes) { return new ResNet(stem, classes, new Shape(Block.BASIC, 1, 64, 3, 4, 6, 3)); }

    public static ResNet resnet50(Stem stem, int classes) { return new ResNet(stem, classes, DEPTH_50); }

    public static ResNet resnet101(Stem stem, int classes) { return new ResNet(stem, classes, DEPTH_101); }

    public static ResNet resnet152(Stem stem, int classes) {
        return new ResNet(stem, classes, new Shape(Block.BOTTLENECK, 1, 64, 3, 8, 36, 3));
    }

    /** Creates a ResNet-50 whose 3×3 convolutions have twice the channels. */
    public static ResNet wideResnet50x2(Stem stem, int classes) {
        return new ResNet(stem, classes, new Shape(Block.BOTTLENECK, 1, 128, DEPTH_50.blocks));
    }

    /** Creates a ResNet-101 whose 3×3 convolutions have twice the channels. */
    public static ResNet wideResnet101x2(Stem stem, int classes) {
        return new ResNet(stem, classes, new Shape(Block.BOTTLENECK, 1, 128, DEPTH_101.blocks));
    }

    /** Creates a ResNeXt-50 whose 3×3 convolutions have 32 groups of 4 channels in the first stage. */
    public static ResNet resnext50x32x4d(Stem stem, int classes) {
        return new ResNet(stem, classes, new Shape(Block.BOTTLENECK, 32, 4, DEPTH_50.blocks));
    }

    /** Creates a ResNeXt-101 whose 3×3 convolutions have 32 groups of 8 channels in the first stage. */
    public static ResNet resnext101x32x8d(Stem stem, int classes) {
        return new ResNet(stem, classes, new Shape(Block.BOTTLENECK, 32, 8, DEPTH_101.blocks));
    }

    private ResNet(Stem stem, int classes, Shape shape) {
        this.stem = stem;
        this.classes = classes;
        this.shape = shape;
        boolean large = stem == Stem.IMAGENET;
        trunk.add(
                child("conv1", new Conv2d(Conv2d.options(3, 64, large ? 7 : 3).stride(large ? 2 : 1).padding(large ? 3 : 1).bias(false))));
        trunk.add(child("bn1", new BatchNorm2d(64)));
        trunk.add(child("relu", new ReLU(true)));
        trunk.add(child("maxpool", large ? new MaxPool2d(3, 2, 1, false) : new Identity()));
        for (int i = 0; i < 4; i++) trunk.add(child("layer" + (i + 1), shape.stage(i, i == 0 ? 64 : (32L << i) * shape.block.expansion)));
        trunk.add(child("avgpool", new AdaptiveAvgPool2d(1)));
        fc = child("fc", new Linear(512L * shape.block.expansion, classes));
        for (Module m : modules()) if (m instanceof Conv2d c) Init.kaimingNormalFanOut_(c.weight());
    }

    @Override public Tensor features(Tensor images) {
        return callInTurn(trunk, images).flatten(1);
    }

    @Override public Module head() { return fc; }

    @Override protected Module recreate() { return new ResNet(stem, classes, shape); }
}
