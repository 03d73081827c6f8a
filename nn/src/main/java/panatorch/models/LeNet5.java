package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.init.Init;

/**
 * LeNet-5 (LeCun et al., 1998) in Caffe's form for MNIST: [N, 1, 28, 28] → [N, classes]. It has max pooling instead of trained averages,
 * one ReLU, and 20, 50 and 500 units. State-dict keys are Caffe's layer names; the initialisation is Caffe's too (uniform with variance
 * 1/fan-in, zero biases).
 *
 * <p>
 * With dropout it is one of two networks of Bulò et al., Dropout Distillation, ICML 2016, section 5: {@code LeNet} and {@code LeNetAll}.
 * The paper gives neither the dropout rate nor its place within a layer; here dropout follows a layer's pooling and ReLU.
 *
 * <pre>{@code
 * var leNetAll = new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.ALL, 0.5));
 * }</pre>
 */
public final class LeNet5 extends Classifier {
    /** The layers that are followed by dropout; never the last one, which computes the logits. */
    public enum Dropouts {
        NONE, PENULTIMATE, ALL
    }

    /**
     * Options of the network. Each method returns changed options.
     *
     * @param classes number of classes
     * @param widths units of {@code conv1}, {@code conv2} and {@code ip1}
     * @param dropouts layers that are followed by dropout
     * @param p probability of dropping, in [0, 1]
     */
    public record Options(int classes, Widths widths, Dropouts dropouts, double p) {
        public Options widths(int conv1, int conv2, int ip1) { return new Options(classes, new Widths(conv1, conv2, ip1), dropouts, p); }

        public Options dropout(Dropouts behind, double p) { return new Options(classes, widths, behind, p); }
    }

    /** The number of units of each layer but the last. */
    public record Widths(int conv1, int conv2, int ip1) {}

    /** Returns Caffe's widths, without dropout. */
    public static Options options(int classes) {
        return new Options(classes, new Widths(20, 50, 500), Dropouts.NONE, 0.5);
    }

    private final Options options;
    private final Module trunk;
    private Module head;

    public LeNet5(int classes) { this(options(classes)); }

    public LeNet5(Options o) {
        options = o;
        Widths w = o.widths;
        child("conv1", new Conv2d(1, w.conv1, 5));
        child("pool1", new MaxPool2d(2));
        dropout("drop1", Dropouts.ALL);
        child("conv2", new Conv2d(w.conv1, w.conv2, 5));
        child("pool2", new MaxPool2d(2));
        dropout("drop2", Dropouts.ALL);
        child("flatten", new Flatten());
        child("ip1", new Linear(w.conv2 * 4 * 4, w.ip1));
        child("relu1", new ReLU(true));
        dropout("drop3", Dropouts.PENULTIMATE);
        Linear logits = child("ip2", new Linear(w.ip1, o.classes));
        boolean drops = o.dropouts != Dropouts.NONE;
        trunk = Chain.of(this, null, drops ? "drop3" : "ip2");
        head = drops ? Chain.of(this, "drop3", null) : logits;
        for (Module m : namedChildren().values()) {
            Tensor weight = m.parameterOrNull("weight");
            if (weight == null) continue;
            Init.kaimingUniform_(weight, 0, Init.Fan.IN, Init.Nonlinearity.LINEAR);
            Init.zeros_(m.parameter("bias"));
        }
    }

    /**
     * Adds a dropout layer if the options ask for it.
     *
     * @param least first of the options that have this layer
     */
    private void dropout(String name, Dropouts least) {
        if (options.dropouts.compareTo(least) >= 0) child(name, new Dropout(options.p));
    }

    /**
     * Returns features [N, 500], or as wide as {@code ip1}.
     *
     * @param images images [N, 1, 28, 28]
     */
    @Override public Tensor features(Tensor images) { return trunk.call(images); }

    @Override public Module head() { return head; }

    @Override protected Module recreate() { return new LeNet5(options); }
}
