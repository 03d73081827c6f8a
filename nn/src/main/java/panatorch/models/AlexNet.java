package panatorch.models;

import panatorch.Tensor;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/**
 * The one-column AlexNet of Krizhevsky 2014, arXiv:1404.5997, with torchvision's state-dict keys and PyTorch's default initialisation: [N,
 * 3, H, W] → [N, classes], H and W at least 63, made for 224. It has no local response normalisation, as torchvision's has none.
 */
public final class AlexNet extends Classifier {
    private final int classes;
    private Module features, pool, classifier;

    public AlexNet(int classes) {
        this.classes = classes;
        features = child("features", new Sequential(
                new Conv2d(Conv2d.options(3, 64, 11).stride(4).padding(2)), new ReLU(true), new MaxPool2d(3, 2, 0, false),
                new Conv2d(Conv2d.options(64, 192, 5).padding(2)), new ReLU(true), new MaxPool2d(3, 2, 0, false),
                new Conv2d(Conv2d.options(192, 384, 3).padding(1)), new ReLU(true),
                new Conv2d(Conv2d.options(384, 256, 3).padding(1)), new ReLU(true),
                new Conv2d(Conv2d.options(256, 256, 3).padding(1)), new ReLU(true), new MaxPool2d(3, 2, 0, false)));
        pool = child("avgpool", new AdaptiveAvgPool2d(6));
        classifier = child("classifier", new Sequential(
                new Dropout(0.5), new Linear(256 * 6 * 6, 4096), new ReLU(true), new Dropout(0.5), new Linear(4096, 4096), new ReLU(true),
                new Linear(4096, classes)));
    }

    /**
     * Returns features [N, 9216].
     *
     * @param images images [N, 3, H, W]
     */
    @Override public Tensor features(Tensor images) { return pool.call(features.call(images)).flatten(1, -1); }

    /** Returns three linear layers, the first two with dropout in front. */
    @Override public Module head() { return classifier; }

    @Override protected Module recreate() { return new AlexNet(classes); }
}
