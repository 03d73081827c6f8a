package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Module;
import panatorch.nn.ReLU;

/**
 * All-CNN-C of Springenberg et al., 2015, arXiv:1412.6806, tables 1 and 2: [N, 3, 32, 32] → [N, classes]. Convolutions with stride 2
 * replace pooling. Dropout of 20 % is applied to the input and of 50 % to the outputs of both strided layers. A ReLU follows every
 * convolution. The paper names no state-dict keys; {@code conv1} … {@code conv9} are PanaTorch's. Initialisation is PyTorch's default.
 */
public final class AllConv extends Classifier {
    private final int classes;
    private final Module trunk;
    private Module head;

    public AllConv(int classes) {
        this.classes = classes;
        child("drop1", new Dropout(0.2));
        convolution(1, Conv2d.options(3, 96, 3).padding(1));
        convolution(2, Conv2d.options(96, 96, 3).padding(1));
        convolution(3, Conv2d.options(96, 96, 3).padding(1).stride(2));
        child("drop2", new Dropout(0.5));
        convolution(4, Conv2d.options(96, 192, 3).padding(1));
        convolution(5, Conv2d.options(192, 192, 3).padding(1));
        convolution(6, Conv2d.options(192, 192, 3).padding(1).stride(2));
        child("drop3", new Dropout(0.5));
        convolution(7, Conv2d.options(192, 192, 3)); // no padding: the paper averages 6×6 maps
        convolution(8, Conv2d.options(192, 192, 1));
        convolution(9, Conv2d.options(192, classes, 1));
        child("pool", new AdaptiveAvgPool2d(1));
        child("flatten", new Flatten());
        trunk = Chain.of(this, null, "drop3");
        head = Chain.of(this, "drop3", null);
    }

    private void convolution(int number, Conv2d.Options options) {
        child("conv" + number, new Conv2d(options));
        child("relu" + number, new ReLU(true));
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

    @Override protected Module recreate() { return new AllConv(classes); }
}
