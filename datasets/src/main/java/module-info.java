/** Labelled images, texts and tensors, read into batches for training. */
module panatorch.datasets {
    requires transitive panatorch;
    requires java.desktop;
    requires static us.hebi.matlab.mat.mfl.core; // of SVHN's files; not a module, so no image of jlink can hold it

    exports panatorch.datasets;
    exports panatorch.datasets.text;
    exports panatorch.datasets.transforms;
}
