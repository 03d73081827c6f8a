/** Neural networks on PanaTorch: modules, optimisers, models, weights in and out. */
module panatorch.nn {
    requires transitive panatorch;
    requires com.fasterxml.jackson.databind;
    requires static transitive java.desktop; // for those who give EventFile a picture of it
    requires jdk.jfr;
    requires static transitive org.jspecify;

    exports panatorch.amp;
    exports panatorch.distributed.checkpoint;
    exports panatorch.distributed.fsdp;
    exports panatorch.distributed.optim;
    exports panatorch.distributions;
    exports panatorch.jit;
    exports panatorch.metrics;
    exports panatorch.models;
    exports panatorch.nn.dropout.distillation;
    exports panatorch.nn.dropout.montecarlo;
    exports panatorch.nn.dropout.multisample;
    exports panatorch.nn.dropout;
    exports panatorch.nn.dropout.gyro;
    exports panatorch.nn.functional;
    exports panatorch.nn.init;
    exports panatorch.nn.parallel;
    exports panatorch.nn.utils;
    exports panatorch.nn.utils.fusion;
    exports panatorch.nn.utils.parametrizations;
    exports panatorch.nn.utils.parametrize;
    exports panatorch.nn.utils.prune;
    exports panatorch.nn;
    exports panatorch.nn.attention;
    exports panatorch.optim;
    exports panatorch.serialize;
    exports panatorch.train;
    exports panatorch.vision.ops;
}
