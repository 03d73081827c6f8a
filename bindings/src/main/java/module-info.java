/** PyTorch's engine in plain Java. */
@SuppressWarnings("module") // those that see the internal packages are compiled later
module panatorch {
    requires org.bytedeco.javacpp;
    requires transitive org.bytedeco.pytorch;
    requires org.apache.logging.log4j;
    requires jdk.jfr;
    requires static transitive org.jspecify;
    requires static org.junit.jupiter.api;

    uses org.apache.logging.log4j.spi.Provider;

    exports panatorch;
    exports panatorch.cuda;
    exports panatorch.data;
    exports panatorch.distributed;
    exports panatorch.func;
    exports panatorch.junit;
    exports panatorch.linalg;
    exports panatorch.profiler;
    exports panatorch.quasirandom;
    exports panatorch.signal;
    exports panatorch.testing;
    exports panatorch.internal.calls to panatorch.export, panatorch.nn, panatorch.serve;
    exports panatorch.internal.compiled to panatorch.export;
    exports panatorch.internal.distributed to panatorch.nn;
    exports panatorch.internal.files to panatorch.nn, panatorch.datasets;
    exports panatorch.internal.library to panatorch.apps;
    exports panatorch.internal.jit to panatorch.nn;
    exports panatorch.internal.libtorch to panatorch.export;
    exports panatorch.internal.log to panatorch.nn, panatorch.datasets;
    exports panatorch.internal.pickle to panatorch.nn, panatorch.datasets;
}
