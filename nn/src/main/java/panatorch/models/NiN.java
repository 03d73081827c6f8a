package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.AvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.init.Init;

/**
 * Network in Network of Lin et al., 2013, arXiv:1312.4400, for CIFAR: [N, 3, 32, 32] → [N, classes]. Two 1×1 convolutions ({@code cccp})
 * follow each convolution. Logits are averages over the last maps, so the head has no linear layer. Sizes, names (the state-dict keys) and
 * initialisation (normal with standard deviation 0.05, zero biases) are those of the authors' Caffe network.
 */
public final class NiN extends Classifier {
    private final int classes;
    private final Module trunk;
    private Module head;

    public NiN(int classes) {
        this.classes = classes;
        convolution("conv1", 3, 192, 5);
        convolution("cccp1", 192, 160, 1);
        convolution("cccp2", 160, 96, 1);
        child("pool1", new MaxPool2d(3, 2, 0, true));
        child("drop3", new Dropout(0.5));
        convolution("conv2", 96, 192, 5);
        convolution("cccp3", 192, 192, 1);
        convolution("cccp4", 192, 192, 1);
        child("pool2", new AvgPool2d(3, 2, 0, true, true));
        child("drop6", new Dropout(0.5));
        convolution("conv3", 192, 192, 3);
        convolution("cccp5", 192, 192, 1);
        convolution("cccp6", 192, classes, 1);
        child("pool3", new AdaptiveAvgPool2d(1));
        child("flatten", new Flatten());
        trunk = Chain.of(this, null, "drop6");
        head = Chain.of(this, "drop6", null);
    }

    private void convolution(String name, long in, long out, long kernel) {
        var conv = child(name, new Conv2d(Conv2d.options(in, out, kernel).padding(kernel / 2)));
        Init.normal_(conv.weight(), 0, 0.05);
        Init.zeros_(conv.parameter("bias"));
        child("relu_" + name, new ReLU(true));
    }

    /**
     * Returns maps [N, 192, H/4, W/4].
     *
     * @param images images [N, 3, H, W]
     */
    @Override public Tensor features(Tensor images) { return trunk.call(images); }

    /** Returns dropout, the last three convolutions, and averages over whole maps. No logit is negative. */
    @Override public Module head() {
        return head;
    }

    @Override protected Module recreate() { return new NiN(classes); }
}
