package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.Conv2d;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.init.Init;

/**
 * LeNet-5 (LeCun et al. 1998) as Caffe has it for MNIST: [N, 1, 28, 28] → [N, classes]. Max pooling in place of trained averages, one ReLU, 20, 50 and
 * 500 units, Caffe's layer names as state-dict keys and its initialisation (uniform with variance 1/fan-in, zero biases).
 */
public final class LeNet5 extends Classifier {
    private final int classes;
    private final Module trunk;
    private final Linear head;

    public LeNet5(int classes) {
        this.classes = classes;
        child("conv1", new Conv2d(1, 20, 5));
        child("pool1", new MaxPool2d(2));
        child("conv2", new Conv2d(20, 50, 5));
        child("pool2", new MaxPool2d(2));
        child("flatten", new Flatten());
        child("ip1", new Linear(50 * 4 * 4, 500));
        child("relu1", new ReLU(true));
        head = child("ip2", new Linear(500, classes));
        trunk = Chain.of(this, null, "ip2");
        for (Module m : namedChildren().values()) {
            Tensor weight = m.parameter("weight");
            if (weight == null) continue;
            Init.kaimingUniform_(weight, 0, Init.Fan.IN, Init.Nonlinearity.LINEAR);
            Init.zeros_(m.parameter("bias"));
        }
    }

    /** @param images [N, 1, 28, 28]; @return [N, 500] */
    @Override public Tensor features(Tensor images) { return trunk.call(images); }

    @Override public Module head() { return head; }

    @Override protected Module recreate() { return new LeNet5(classes); }
}
