package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.AvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.init.Init;

/**
 * The small and quickly trained CIFAR-10 network of Krizhevsky's cuda-convnet (2011), in the form of Caffe's {@code cifar10_quick}: [N, 3,
 * 32, 32] → [N, classes]. State-dict keys are Caffe's layer names. The initialisation is the original one: normal with the standard
 * deviations below, zero biases.
 *
 * <p>
 * With dropout after every layer but the last, it is {@code Quick} of Bulò et al., Dropout Distillation, ICML 2016, section 5. The paper
 * gives neither the dropout rate nor its place within a layer; here dropout follows a layer's pooling and ReLU.
 *
 * <pre>{@code
 * var quick = new CudaConvnetQuick(CudaConvnetQuick.options(10).dropout(0.5));
 * }</pre>
 */
public final class CudaConvnetQuick extends Classifier {
    /**
     * Options of the network. Each method returns changed options.
     *
     * @param classes number of classes
     * @param widths units of each layer but the last
     * @param p probability of dropping after every layer but the last, in [0, 1]; 0 for no dropout layers
     */
    public record Options(int classes, Widths widths, double p) {
        public Options widths(int conv1, int conv2, int conv3, int ip1) {
            return new Options(classes, new Widths(conv1, conv2, conv3, ip1), p);
        }

        public Options dropout(double p) { return new Options(classes, widths, p); }
    }

    /** The number of units of each layer but the last. */
    public record Widths(int conv1, int conv2, int conv3, int ip1) {}

    /** Returns Caffe's widths, without dropout. */
    public static Options options(int classes) {
        return new Options(classes, new Widths(32, 32, 64, 64), 0);
    }

    private final Options options;
    private final Module trunk;
    private Module head;

    public CudaConvnetQuick(int classes) { this(options(classes)); }

    public CudaConvnetQuick(Options o) {
        options = o;
        Widths w = o.widths;
        convolution("conv1", 3, w.conv1, 1e-4);
        child("pool1", new MaxPool2d(3, 2, 0, true));
        child("relu1", new ReLU(true));
        dropout("drop1");
        convolution("conv2", w.conv1, w.conv2, 0.01);
        child("relu2", new ReLU(true));
        child("pool2", new AvgPool2d(3, 2, 0, true, true));
        dropout("drop2");
        convolution("conv3", w.conv2, w.conv3, 0.01);
        child("relu3", new ReLU(true));
        child("pool3", new AvgPool2d(3, 2, 0, true, true));
        dropout("drop3");
        child("flatten", new Flatten());
        initialize(child("ip1", new Linear(w.conv3 * 4 * 4, w.ip1)), 0.1);
        dropout("drop4");
        Linear logits = child("ip2", new Linear(w.ip1, o.classes));
        initialize(logits, 0.1);
        trunk = Chain.of(this, null, o.p == 0 ? "ip2" : "drop4");
        head = o.p == 0 ? logits : Chain.of(this, "drop4", null);
    }

    private void convolution(String name, long in, long out, double std) {
        initialize(child(name, new Conv2d(Conv2d.options(in, out, 5).padding(2))), std);
    }

    private void dropout(String name) { if (options.p != 0) child(name, new Dropout(options.p)); }

    private static void initialize(Module layer, double std) {
        Init.normal_(layer.parameter("weight"), 0, std);
        Init.zeros_(layer.parameter("bias"));
    }

    /**
     * Returns features [N, 64], or as wide as {@code ip1}.
     *
     * @param images images [N, 3, 32, 32]
     */
    @Override public Tensor features(Tensor images) { return trunk.call(images); }

    @Override public Module head() { return head; }

    @Override protected Module recreate() { return new CudaConvnetQuick(options); }
}
