/** Labelled images, texts and tensors, read into batches for training. */
module panatorch.datasets {
    requires transitive panatorch;
    requires java.desktop;
    requires us.hebi.matlab.mat.mfl.core;

    exports panatorch.datasets;
    exports panatorch.datasets.text;
    exports panatorch.datasets.transforms;
}
