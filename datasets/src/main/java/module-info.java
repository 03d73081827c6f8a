/** Labelled images, texts and tensors, read into batches for training. */
module panatorch.datasets {
    requires transitive panatorch;

    exports panatorch.datasets;
    exports panatorch.datasets.transforms;
}
