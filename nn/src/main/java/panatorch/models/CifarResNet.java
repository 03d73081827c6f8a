package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;

/**
 * The ResNets for 32×32 images of He et al. 2015, arXiv:1512.03385, §4.2: three stages of n blocks with 16, 32 and 64 channels,
 * 6n + 2 layers. State-dict keys are those of the widespread {@code pytorch_resnet_cifar10}; initialisation is PyTorch's default.
 */
public final class CifarResNet extends Classifier {
    /** How a block's input reaches its output where shapes differ. */
    public enum Shortcut {
        /** Every second pixel, new channels zero on both sides; no parameters (option A, the paper's on CIFAR). */
        PAD,
        /** A 1×1 convolution and batch normalisation (option B). */
        PROJECTION
    }

    private final Conv2d conv1;
    private final BatchNorm2d bn1;
    private final Sequential layer1, layer2, layer3;
    private final Linear linear;

    /** @param depth 6n + 2: 20, 32, 44, 56, 110 … */
    public CifarResNet(int depth, Shortcut shortcut, int classes) {
        if (depth < 8 || (depth - 2) % 6 != 0) throw new IllegalArgumentException("a CIFAR ResNet has 6n + 2 layers (20, 32, 44, 56 …), not " + depth);
        int blocks = (depth - 2) / 6;
        conv1 = child("conv1", new Conv2d(Conv2d.options(3, 16, 3).padding(1).bias(false)));
        bn1 = child("bn1", new BatchNorm2d(16));
        layer1 = child("layer1", stage(16, 16, 1, blocks, shortcut));
        layer2 = child("layer2", stage(16, 32, 2, blocks, shortcut));
        layer3 = child("layer3", stage(32, 64, 2, blocks, shortcut));
        linear = child("linear", new Linear(64, classes));
    }

    private static Sequential stage(long in, long out, long stride, int blocks, Shortcut shortcut) {
        var modules = new Module[blocks];
        for (int i = 0; i < blocks; i++) modules[i] = i == 0 ? new Block(in, out, stride, shortcut) : new Block(out, out, 1, shortcut);
        return new Sequential(modules);
    }

    @Override public Tensor features(Tensor images) {
        Tensor x = bn1.forward(conv1.forward(images)).relu();
        x = layer3.forward(layer2.forward(layer1.forward(x)));
        return x.mean(new long[] {2, 3}, false);
    }

    @Override public Linear head() { return linear; }

    private static final class Block extends Module {
        private final Conv2d conv1, conv2;
        private final BatchNorm2d bn1, bn2;
        private final Module shortcut;

        Block(long in, long out, long stride, Shortcut option) {
            conv1 = child("conv1", new Conv2d(Conv2d.options(in, out, 3).stride(stride).padding(1).bias(false)));
            bn1 = child("bn1", new BatchNorm2d(out));
            conv2 = child("conv2", new Conv2d(Conv2d.options(out, out, 3).padding(1).bias(false)));
            bn2 = child("bn2", new BatchNorm2d(out));
            shortcut = child("shortcut", in == out && stride == 1 ? new Sequential() : option == Shortcut.PAD ? new Pad(out - in)
                    : new Sequential(new Conv2d(Conv2d.options(in, out, 1).stride(stride).bias(false)), new BatchNorm2d(out)));
        }

        @Override public Tensor forward(Tensor input) {
            Tensor x = bn1.forward(conv1.forward(input)).relu();
            return bn2.forward(conv2.forward(x)).add(shortcut.forward(input)).relu();
        }
    }

    private static final class Pad extends Module {
        private final long[] channels;

        Pad(long more) { channels = new long[] {0, 0, 0, 0, more / 2, more - more / 2}; }

        @Override public Tensor forward(Tensor input) {
            return input.slice(2, null, null, 2).slice(3, null, null, 2).constantPadNd(channels);
        }
    }
}
