package panatorch.models;

import java.util.ArrayList;
import panatorch.Tensor;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.init.Init;

/**
 * VGG of Simonyan and Zisserman 2014, arXiv:1409.1556: [N, 3, H, W] → [N, classes], with H and W at least 32. The depth is the number of
 * layers with weights, and stands for a column of the paper: 11 (A), 13 (B), 16 (D), 19 (E). Initialisation is torchvision's: normal by
 * fan-out for convolutions, normal with standard deviation 0.01 for linear layers, zero for biases.
 */
public final class VGG extends Classifier {
    /** The layers after the convolutions. */
    public enum Head {
        /**
         * Averages of 7×7 areas and three linear layers with dropout. The keys are torchvision's {@code classifier.0}, {@code .3},
         * {@code .6}.
         */
        IMAGENET,
        /** One linear layer {@code classifier} on 512 averages, as in the widespread {@code pytorch-cifar}; for images of 32×32. */
        CIFAR
    }

    /** Returns the number of 3×3 convolutions in each of the five stages. */
    private static int[] stages(int depth) {
        return switch (depth) {
            case 11 -> new int[] {1, 1, 2, 2, 2};
            case 13 -> new int[] {2, 2, 2, 2, 2};
            case 16 -> new int[] {2, 2, 3, 3, 3};
            case 19 -> new int[] {2, 2, 4, 4, 4};
            default -> throw new IllegalArgumentException("VGG has 11, 13, 16 or 19 layers, not " + depth);
        };
    }

    private final int depth, classes;
    private final boolean batchNorm;
    private final Head kind;
    private Module features, pool, classifier;

    /**
     * Creates the network.
     *
     * @param depth 11, 13, 16 or 19
     * @param batchNorm whether batch normalisation follows every convolution, as in torchvision's {@code vgg11_bn} …
     */
    public VGG(int depth, boolean batchNorm, Head kind, int classes) {
        this.depth = depth;
        this.batchNorm = batchNorm;
        this.kind = kind;
        this.classes = classes;
        features = child("features", convolutions(stages(depth), batchNorm));
        if (kind == Head.CIFAR) {
            pool = child("avgpool", new AdaptiveAvgPool2d(1));
            classifier = child("classifier", new Linear(512, classes));
        } else {
            pool = child("avgpool", new AdaptiveAvgPool2d(7));
            classifier = child("classifier", new Sequential(
                    new Linear(512 * 7 * 7, 4096), new ReLU(true), new Dropout(0.5), new Linear(4096, 4096), new ReLU(true),
                    new Dropout(0.5), new Linear(4096, classes)));
        }
        for (Module m : modules()) {
            if (m instanceof Conv2d c) {
                Init.kaimingNormalFanOut_(c.weight());
                Init.zeros_(c.parameter("bias"));
            } else if (m instanceof Linear l) {
                Init.normal_(l.weight(), 0, 0.01);
                Init.zeros_(l.parameter("bias"));
            }
        }
    }

    private static Sequential convolutions(int[] stages, boolean batchNorm) {
        var all = new ArrayList<Module>();
        long in = 3;
        for (int s = 0; s < stages.length; s++) {
            long out = Math.min(64L << s, 512);
            for (int i = 0; i < stages[s]; i++, in = out) {
                all.add(new Conv2d(Conv2d.options(in, out, 3).padding(1)));
                if (batchNorm) all.add(new BatchNorm2d(out));
                all.add(new ReLU(true));
            }
            all.add(new MaxPool2d(2));
        }
        return new Sequential(all.toArray(Module[]::new));
    }

    /**
     * Returns features [N, 512], or [N, 25088] for the ImageNet head.
     *
     * @param images images [N, 3, H, W]
     */
    @Override public Tensor features(Tensor images) { return pool.call(features.call(images)).flatten(1, -1); }

    /** Returns a linear layer or, for ImageNet, three linear layers, the first two followed by dropout. */
    @Override public Module head() {
        return classifier;
    }

    @Override protected Module recreate() { return new VGG(depth, batchNorm, kind, classes); }
}
