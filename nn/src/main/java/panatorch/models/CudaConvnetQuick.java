package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.AvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.init.Init;

/**
 * The small and quickly trained network for CIFAR-10 of Krizhevsky's cuda-convnet (2011), as Caffe's {@code cifar10_quick} has it:
 * [N, 3, 32, 32] → [N, classes]. Caffe's layer names are the state-dict keys, and its initialisation is the original one: normal with the
 * deviations below, zero biases.
 */
public final class CudaConvnetQuick extends Classifier {
    private final int classes;
    private final Module trunk;
    private final Linear head;

    public CudaConvnetQuick(int classes) {
        this.classes = classes;
        convolution("conv1", 3, 32, 1e-4);
        child("pool1", new MaxPool2d(3, 2, 0, true));
        child("relu1", new ReLU(true));
        convolution("conv2", 32, 32, 0.01);
        child("relu2", new ReLU(true));
        child("pool2", new AvgPool2d(3, 2, 0, true, true));
        convolution("conv3", 32, 64, 0.01);
        child("relu3", new ReLU(true));
        child("pool3", new AvgPool2d(3, 2, 0, true, true));
        child("flatten", new Flatten());
        initialize(child("ip1", new Linear(64 * 4 * 4, 64)), 0.1);
        head = child("ip2", new Linear(64, classes));
        initialize(head, 0.1);
        trunk = Chain.of(this, null, "ip2");
    }

    private void convolution(String name, long in, long out, double std) { initialize(child(name, new Conv2d(Conv2d.options(in, out, 5).padding(2))), std); }

    private static void initialize(Module layer, double std) {
        Init.normal_(layer.parameter("weight"), 0, std);
        Init.zeros_(layer.parameter("bias"));
    }

    /** @param images [N, 3, 32, 32]; @return [N, 64] */
    @Override public Tensor features(Tensor images) { return trunk.call(images); }

    @Override public Module head() { return head; }

    @Override protected Module recreate() { return new CudaConvnetQuick(classes); }
}
