package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.Objects;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.models.CifarResNet;
import panatorch.models.Classifier;
import panatorch.models.ResNet;
import panatorch.models.VGG;
import panatorch.nn.BatchNorm;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.init.Init;

/** Networks of the papers' experiments that are not in {@code panatorch.models}. */
final class Networks {
    private Networks() {}

    /** A trunk and a head. */
    static final class Split extends Classifier {
        private final Module trunk, head;

        Split(Module trunk, Module head) {
            this.trunk = child("trunk", trunk);
            this.head = child("head", head);
        }

        @Override public Tensor features(Tensor input) { return trunk.call(input); }

        @Override public Module head() { return head; }

        @Override protected Module recreate() { return new Split(copyOf(trunk), copyOf(head)); }
    }

    /**
     * Creates a head of two hidden layers with dropout in front of each linear layer, as VGG-like networks have. A probability of 0 leaves
     * the layer out.
     */
    static Sequential twoDropouts(long features, long hidden, int classes, double first, double second) {
        var layers = new ArrayList<Module>();
        if (first > 0) layers.add(new Dropout(first));
        layers.add(new Linear(features, hidden));
        layers.add(new ReLU());
        if (second > 0) layers.add(new Dropout(second));
        layers.add(new Linear(hidden, classes));
        return new Sequential(layers.toArray(Module[]::new));
    }

    /**
     * Creates three convolutions with batch normalisation for inputs of 32×32, small enough for a sweep on two cores. The output is 64×4×4,
     * not flattened.
     */
    static Sequential smallTrunk() {
        return new Sequential(conv(3, 32), new MaxPool2d(2), conv(32, 64), new MaxPool2d(2), conv(64, 64), new MaxPool2d(2));
    }

    static Sequential smallFlatTrunk() { return new Sequential(smallTrunk(), new Flatten()); }

    private static Sequential conv(long in, long out) {
        return new Sequential(new Conv2d(Conv2d.options(in, out, 3).padding(1)), new BatchNorm2d(out), new ReLU());
    }

    private static Module part(Module network, String name) { return Objects.requireNonNull(network.namedChildren().get(name), name); }

    /** Creates VGG with batch normalisation up to its head, {@code [N, 512]}. */
    static Module vggTrunk(int depth, int classes) {
        var vgg = new VGG(depth, true, VGG.Head.CIFAR, classes);
        vgg.head().close();
        return new Sequential(part(vgg, "features"), new Flatten());
    }

    /** Creates the MiniResNet of lonePatient's multi-sample dropout: {@code [N, 3, 32, 32]} → {@code [N, 128]}. */
    static Module miniResNetTrunk() {
        var layers = new ArrayList<Module>();
        layers.add(conv(3, 32));
        long in = 32;
        int[] widths = {32, 64, 64, 128}, strides = {1, 2, 2, 2};
        for (int stage = 0; stage < 4; stage++) {
            for (int block = 0; block < 2; block++) {
                layers.add(new Block(in, widths[stage], block == 0 ? strides[stage] : 1));
                in = widths[stage];
            }
        }
        layers.add(new GlobalPool(false));
        return new Sequential(layers.toArray(Module[]::new));
    }

    /** Creates the convolutions of a CIFAR ResNet with projections, followed by the maximum and the mean of its maps: {@code [N, 128]}. */
    static Module resnetTrunk(int depth) {
        var net = new CifarResNet(depth, CifarResNet.Shortcut.PROJECTION, 10);
        part(net, "linear").close();
        return new Sequential(part(net, "conv1"), part(net, "bn1"), new ReLU(), part(net, "layer1"), part(net, "layer2"),
                part(net, "layer3"), new GlobalPool(true));
    }

    /** Creates the head of kushajveersingh's notebook: normalisation, dropout and a linear layer, twice. */
    static Sequential normalizedHead(int classes, double p) {
        return new Sequential(new BatchNorm1d(128), new Dropout(p), new Linear(128, 128), new ReLU(), new BatchNorm1d(128), new Dropout(p),
                new Linear(128, classes));
    }

    /** Draws the scales of batch normalisation from [0, 1), with which PyTorch before 1.2 begins; since, they are ones. */
    static <M extends Module> M uniformScales(M network) {
        for (Module layer : network.modules())
            if (layer instanceof BatchNorm norm) Init.uniform_(Objects.requireNonNull(norm.weight(), "scales"), 0, 1);
        return network;
    }

    /** Creates ResNet-18 up to its head, {@code [N, 512]}. */
    static Module resnet18Trunk(ResNet.Stem stem) {
        var net = ResNet.resnet18(stem, 10);
        part(net, "fc").close();
        return new Sequential(part(net, "conv1"), part(net, "bn1"), new ReLU(), part(net, "maxpool"), part(net, "layer1"),
                part(net, "layer2"), part(net, "layer3"), part(net, "layer4"), new GlobalPool(false));
    }

    /**
     * Creates LeNet (two convolutions) or AlexNet (three) of the authors of gyro dropout, for images of 3×32×32: 5×5 convolutions with
     * ReLU, a pooling behind each but the last, two hidden layers with dropout, no biases, and Xavier's initialisation. The first hidden
     * layer belongs to the trunk.
     */
    static Classifier gyroNet(int[] channels, long hidden, int classes, double p) {
        var layers = new ArrayList<Module>();
        long in = 3, side = 32;
        for (int i = 0; i < channels.length; i++) {
            layers.add(new Conv2d(Conv2d.options(in, channels[i], 5).padding(2).bias(false)));
            layers.add(new ReLU());
            in = channels[i];
            if (i == channels.length - 1) break;
            layers.add(new MaxPool2d(2));
            side /= 2;
        }
        layers.add(new Flatten());
        layers.add(new Linear(in * side * side, hidden, false));
        layers.add(new ReLU());
        var net = new Split(new Sequential(layers.toArray(Module[]::new)),
                new Sequential(new Dropout(p), new Linear(hidden, hidden, false), new ReLU(), new Dropout(p),
                        new Linear(hidden, classes, false)));
        for (Tensor weight : net.parameters()) Init.xavierUniform_(weight);
        return net;
    }

    /** Computes the mean over the maps, or their maximum and mean one after the other. */
    private static final class GlobalPool extends Module {
        private final boolean both;

        GlobalPool(boolean both) { this.both = both; }

        @Override public Tensor forward(Tensor maps) {
            long[] pixels = {2, 3};
            if (!both) return maps.mean(pixels, false);
            try (var scope = Scope.open()) {
                return scope.move(Aten.cat(maps.amax(pixels, false), maps.mean(pixels, false)).unflatten(0, new long[] {2, -1})
                        .transpose(0, 1).flatten(1, -1));
            }
        }

        @Override protected Module recreate() { return new GlobalPool(both); }
    }

    /** A basic residual block, whose shortcut is a projection where shapes differ. */
    private static final class Block extends Module {
        private final long in, out, stride;
        private final Sequential residual, shortcut;

        Block(long in, long out, long stride) {
            this.in = in;
            this.out = out;
            this.stride = stride;
            residual = child("residual",
                    new Sequential(new Conv2d(Conv2d.options(in, out, 3).stride(stride).padding(1).bias(false)), new BatchNorm2d(out),
                            new ReLU(),
                            new Conv2d(Conv2d.options(out, out, 3).padding(1).bias(false)), new BatchNorm2d(out)));
            shortcut = child("shortcut", in == out && stride == 1 ? new Sequential()
                    : new Sequential(new Conv2d(Conv2d.options(in, out, 1).stride(stride).bias(false)), new BatchNorm2d(out)));
        }

        @Override public Tensor forward(Tensor x) {
            try (var scope = Scope.open()) {
                return scope.move(residual.call(x).add(shortcut.call(x)).relu());
            }
        }

        @Override protected Module recreate() { return new Block(in, out, stride); }
    }
}
