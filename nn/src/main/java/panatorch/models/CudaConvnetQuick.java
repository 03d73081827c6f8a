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
 * The small and quickly trained network for CIFAR-10 of Krizhevsky's cuda-convnet (2011), as Caffe's {@code cifar10_quick} has it:
 * [N, 3, 32, 32] → [N, classes]. Caffe's layer names are the state-dict keys, and its initialisation is the original one: normal with the
 * deviations below, zero biases.
 *
 * <p>With dropout it is {@code Quick} of Bulò et al., Dropout Distillation, ICML 2016, section 5: dropout behind every layer but the last. Neither its rate nor
 * the place within a layer is in the paper; here a layer's pooling and ReLU come before its dropout.
 *
 * <pre>{@code
 * var quick = new CudaConvnetQuick(CudaConvnetQuick.options(10).dropout(0.5));
 * }</pre>
 */
public final class CudaConvnetQuick extends Classifier {
    /**
     * Each method returns changed options.
     *
     * @param p probability of dropping behind every layer but the last, in [0, 1]; 0 for no dropout layers
     */
    public record Options(int classes, Widths widths, double p) {
        public Options widths(int conv1, int conv2, int conv3, int ip1) { return new Options(classes, new Widths(conv1, conv2, conv3, ip1), p); }

        public Options dropout(double p) { return new Options(classes, widths, p); }
    }

    /** Units of each layer but the last. */
    public record Widths(int conv1, int conv2, int conv3, int ip1) {}

    /** Caffe's widths, and no dropout. */
    public static Options options(int classes) { return new Options(classes, new Widths(32, 32, 64, 64), 0); }

    private final Options options;
    private final Module trunk, head;

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

    private void convolution(String name, long in, long out, double std) { initialize(child(name, new Conv2d(Conv2d.options(in, out, 5).padding(2))), std); }

    private void dropout(String name) { if (options.p != 0) child(name, new Dropout(options.p)); }

    private static void initialize(Module layer, double std) {
        Init.normal_(layer.parameter("weight"), 0, std);
        Init.zeros_(layer.parameter("bias"));
    }

    /** @param images [N, 3, 32, 32]; @return [N, 64], or as wide as {@code ip1} is */
    @Override public Tensor features(Tensor images) { return trunk.call(images); }

    @Override public Module head() { return head; }

    @Override protected Module recreate() { return new CudaConvnetQuick(options); }
}
