/** Labelled images, read into batches of tensors for training. */
module panatorch.datasets {
    requires transitive panatorch;

    exports panatorch.datasets;
    exports panatorch.datasets.transforms;
}
