package panatorch.models;

import java.util.Arrays;
import java.util.List;
import panatorch.Tensor;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/**
 * ResNets for 32×32 images (He et al., 2015, arXiv:1512.03385, §4.2), with three stages of n blocks with 16, 32 and 64 channels, 6n + 2
 * layers in total: [N, 3, 32, 32] → [N, classes]. State-dict keys are those of the widespread {@code pytorch_resnet_cifar10}.
 * Initialisation is PyTorch's default.
 */
public final class CifarResNet extends Classifier {
    /** The connection from a block's input to its output where their shapes differ. */
    public enum Shortcut {
        /** Every second pixel, new channels zero on both sides; no parameters (option A, the paper's on CIFAR). */
        PAD,
        /** A 1×1 convolution and batch normalisation (option B). */
        PROJECTION
    }

    private final int depth, classes;
    private final Shortcut shortcut;
    private final List<Module> trunk;
    private Module linear;

    /**
     * Creates the network.
     *
     * @param depth number of layers, 6n + 2: 20, 32, 44, 56, 110 …
     */
    public CifarResNet(int depth, Shortcut shortcut, int classes) {
        if (depth < 8 || (depth - 2) % 6 != 0)
            throw new IllegalArgumentException("a CIFAR ResNet has 6n + 2 layers (20, 32, 44, 56 …), not " + depth);
        this.depth = depth;
        this.shortcut = shortcut;
        this.classes = classes;
        trunk = Arrays.asList(child("conv1", new Conv2d(ResidualBlock.conv3x3(3, 16, 1))), child("bn1", new BatchNorm2d(16)),
                child("relu", new ReLU(true)),
                child("layer1", stage(16, 16, 1)), child("layer2", stage(16, 32, 2)), child("layer3", stage(32, 64, 2)));
        linear = child("linear", new Linear(64, classes));
    }

    private Sequential stage(long in, long out, long stride) {
        var blocks = new Module[(depth - 2) / 6];
        for (int i = 0; i < blocks.length; i++) blocks[i] = i == 0 ? block(in, out, stride) : block(out, out, 1);
        return new Sequential(blocks);
    }

    private ResidualBlock block(long in, long out, long stride) {
        return new ResidualBlock("shortcut",
                () -> in == out && stride == 1 ? new Sequential()
                        : shortcut == Shortcut.PAD ? new Pad(out - in) : ResidualBlock.projection(in, out, stride),
                ResidualBlock.conv3x3(in, out, stride), ResidualBlock.conv3x3(out, out, 1));
    }

    @Override public Tensor features(Tensor images) {
        return callInTurn(trunk, images).mean(new long[] {2, 3}, false);
    }

    @Override public Module head() { return linear; }

    @Override protected Module recreate() { return new CifarResNet(depth, shortcut, classes); }

    private static final class Pad extends Module {
        private final long more;

        Pad(long more) { this.more = more; }

        @Override public Tensor forward(Tensor input) {
            return input.slice(2, null, null, 2).slice(3, null, null, 2).constantPadNd(new long[] {0, 0, 0, 0, more / 2, more - more / 2});
        }

        @Override protected Module recreate() { return new Pad(more); }
    }
}
