/** Datasets of labelled images, texts and tensors, their transforms, and the loader that makes batches of them. */
module panatorch.datasets {
    requires transitive panatorch;
    requires transitive panatorch.text;
    requires com.fasterxml.jackson.core;
    requires java.xml;
    requires static us.hebi.matlab.mat.mfl.core; // reads SVHN's files; an automatic module, which jlink images cannot hold

    exports panatorch.datasets;
    exports panatorch.datasets.pretrained;
    exports panatorch.datasets.text;
    exports panatorch.datasets.transforms;
    exports panatorch.vision.io;
    exports panatorch.vision.utils;
}
